"""Multi-rate: one record becomes a record for each child, and their charges one again where wanted.

A child measures what the record holds of its units; where it has an expression, that is its
quantity, over `amounts.<child>` and `quantities.<child>` of the children before it (0 for one that
had nothing to charge), beside what rate units see of a record. An amount is what that child was
charged, rounded, allowances and discounts taken off, taxes left out.

Each child is charged as any record is, with its own rounding. So what is charged does not depend on
where it is told: the parent's amount is the sum of its children's.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from msgspec.structs import replace

from streams.expression import Failure, compile_expression
from streams.model.catalog import UsageType
from streams.model.money import CONTEXT, ZERO, Quantity, quantize_line
from streams.model.multi_rate import PARTS, ChildRate, MultiRate
from streams.model.rated import BalanceChange, ChargeLine, Posting, RatedUsage
from streams.model.usage import Usage, UsageRecord, record_id_of
from streams.outcome import Reject, RejectReason
from streams.rate.derivation import RULE as RATE_UNIT
from streams.rate.payer import Payer
from streams.rate.plain_usage import compile_plain
from streams.rate.quantity import quantity_of

RULE: Final = "multi_rate"
AMOUNTS: Final = "amounts"
QUANTITIES: Final = "quantities"


class RatedChildren:
    """What the children that have been rated so far amounted to."""

    __slots__ = ("amounts", "quantities")

    def __init__(self) -> None:
        self.amounts: dict[str, Decimal] = {}
        self.quantities: dict[str, Quantity] = {}

    def add(self, child: str, charge: RatedUsage | None) -> None:
        """Note a child's charge; None: it had nothing to charge."""
        self.amounts[child], self.quantities[child] = ZERO, 0
        if charge is not None:
            self.amounts[child] = CONTEXT.subtract(charge.amount, charge.tax)
            self.quantities[child] = _quantity(charge.lines, charge.record)


class CompiledChild:
    """A child: its usage type, and how its record is made of the parent's."""

    __slots__ = ("_evaluate", "_parent", "_tell", "_unit", "_units", "usage_type")

    def __init__(self, parent: UsageType, child: ChildRate, usage_type: UsageType) -> None:
        self.usage_type = child.usage_type
        self._parent = parent.id
        self._unit = usage_type.units[0]
        self._units = frozenset(usage_type.units)
        self._evaluate = None if child.quantity is None else compile_expression(child.quantity)
        self._tell = compile_plain(parent.units, ())

    def record_of(
        self, record: UsageRecord, payer: Payer, number: int, *, earlier: RatedChildren
    ) -> UsageRecord | Reject:
        """The record of this child, the `number`-th, which no other record's id can equal."""
        usages = self._usages(record, payer, earlier)
        if isinstance(usages, Reject):
            return usages
        part = record.part * PARTS + number
        record_id = record_id_of(
            tenant=record.tenant, source=record.source, event_id=record.event_id, part=part
        )
        return replace(
            record, record_id=record_id, part=part, usage_type=self.usage_type, usages=usages
        )

    def _usages(
        self, record: UsageRecord, payer: Payer, earlier: RatedChildren
    ) -> tuple[Usage, ...] | Reject:
        if self._evaluate is None:
            return tuple(usage for usage in record.usages if usage.unit in self._units)
        plain: dict[str, Any] = self._tell(record, payer, _no_total)
        plain[AMOUNTS], plain[QUANTITIES] = earlier.amounts, earlier.quantities
        value = self._evaluate(plain)
        quantity = quantity_of(value)
        if quantity is not None:
            return (Usage(self._unit, quantity),)
        cause = value.cause if type(value) is Failure else f"{value!r:.60} is no quantity"
        return Reject(
            RejectReason.NO_QUANTITY,
            f"child {self.usage_type} of {self._parent}: {cause}",
            lacks=f"multi_rate:{record.tenant}:{self._parent}",
        )


class CompiledMultiRate:
    """A multi-rate usage type compiled: its children in order, and where they are invoiced."""

    __slots__ = ("_product", "_unit", "children", "invoice_at", "usage_type")

    def __init__(self, multi_rate: MultiRate, usage_types: Mapping[str, UsageType]) -> None:
        parent = usage_types[multi_rate.usage_type]
        self.usage_type = parent.id
        self.invoice_at = multi_rate.invoice_at
        self.children = tuple(
            CompiledChild(parent, child, usage_types[child.usage_type])
            for child in multi_rate.children
        )
        self._unit = parent.units[0]
        self._product = multi_rate.product

    def told_of(self, charge: RatedUsage, number: int) -> RatedUsage:
        """A child's charge, headed by a line that tells which child of what it is."""
        quantity = _quantity(charge.lines, charge.record)
        unit = charge.record.usages[0].unit if charge.record.usages else self._unit
        detail = {"child": f"{number} of {len(self.children)}"}
        line = ChargeLine(RULE, self.usage_type, unit, quantity, ZERO, ZERO, detail)
        return replace(charge, lines=(line, *charge.lines))

    def merged(self, record: UsageRecord, charges: Sequence[RatedUsage]) -> RatedUsage:
        """One charge of the parent out of its children's: their lines, and the blended rate."""
        first, amount, tax = charges[0], ZERO, ZERO
        lines: list[ChargeLine] = []
        for charge in charges:
            amount = CONTEXT.add(amount, charge.amount)
            tax = CONTEXT.add(tax, charge.tax)
            child = {"child": charge.record.usage_type}
            lines += [replace(line, detail=line.detail | child) for line in charge.lines]
        quantity = sum((each.quantity for each in record.usages if each.unit == self._unit), 0)
        blended = quantize_line(CONTEXT.divide(amount, Decimal(quantity))) if quantity else ZERO
        head = ChargeLine(RULE, self.usage_type, self._unit, quantity, blended, ZERO)
        return replace(
            first,
            record=record,
            product=self._product or self.usage_type,
            amount=amount,
            tax=tax,
            cost=_cost(charges),
            zone=next((charge.zone for charge in charges if charge.zone), ""),
            band=next((charge.band for charge in charges if charge.band), ""),
            lines=(head, *lines),
            postings=_postings(charges),
            changes=_changes(charges),
        )


def _no_total(_accumulator: str) -> Quantity:
    return 0


def _quantity(lines: Sequence[ChargeLine], record: UsageRecord) -> Quantity:
    """How much was charged: what a rate unit derived, else what the record's first unit holds."""
    if lines and lines[0].rule == RATE_UNIT:
        return lines[0].quantity
    return record.usages[0].quantity if record.usages else 0


def _cost(charges: Sequence[RatedUsage]) -> Decimal | None:
    """What all cost us, of those that say so; None where none does."""
    known = [charge.cost for charge in charges if charge.cost is not None]
    return reduce(CONTEXT.add, known) if known else None


def _postings(charges: Sequence[RatedUsage]) -> tuple[Posting, ...]:
    """The legs of all, summed where they are of one ledger account and resource."""
    sums: dict[tuple[str, str], Quantity] = {}
    for charge in charges:
        for leg in charge.postings:
            key = (leg.ledger_account, leg.resource)
            held = sums.get(key, 0)
            sums[key] = _sum(held, leg.amount)
    return tuple(Posting(*key, amount) for key, amount in sums.items() if amount)


def _changes(charges: Sequence[RatedUsage]) -> tuple[BalanceChange, ...]:
    """Each resource before the first and after the last."""
    found: dict[tuple[str, int, str, str], BalanceChange] = {}
    for charge in charges:
        for change in charge.changes:
            key = (change.resource, change.period_start, change.bucket, change.account)
            known = found.get(key)
            before = change.before if known is None else known.before
            found[key] = replace(change, before=before)
    return tuple(found.values())


def _sum(held: Quantity, amount: Quantity) -> Quantity:
    if type(held) is int and type(amount) is int:
        return held + amount
    return CONTEXT.add(Decimal(held), Decimal(amount))
