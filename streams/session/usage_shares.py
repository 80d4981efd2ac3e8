"""What usage has cost, unit by unit: how much of what paid a charge so much of its usage is.

What was used last is refunded first: units that were paid for before those that allowances covered.
Units that were paid for are worth the same, however tiers have priced each. What was charged or
taken off beside units (a fee for the connection, a discount) goes back in their proportion.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from streams.model.charging_session import Paid, PaidPart, PaidUnit, PaidUsage
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus, quantize_line
from streams.model.rated import RatedUsage
from streams.model.usage import Usage
from streams.rate.quantity import exact

_COVERED = "allowance"
"""The rule of lines that take back what an allowance covers."""
_ONE = Decimal(1)


def usage_of(charge: RatedUsage) -> PaidUsage:
    """What a charge was for."""
    record, lines = charge.record, charge.lines
    units = [
        PaidUnit(
            usage.unit,
            usage.quantity,
            _sum(line.amount for line in lines if line.unit == usage.unit),
            tuple(
                (line.price, max(line.quantity, minus(line.quantity)))
                for line in lines
                if line.rule == _COVERED and line.unit == usage.unit
            ),
        )
        for usage in record.usages
        if usage.quantity > 0
    ]
    at = record.occurred_at
    return PaidUsage(record.usage_type, record.service_id, at, record.attributes, tuple(units))


def charged_of(paid: Iterable[Paid], usage_type: str) -> list[Usage]:
    """What of a type the charges were for."""
    usages = (each.usage for each in paid if each.usage is not None)
    return [
        Usage(unit.unit, unit.quantity)
        for usage in usages
        if usage.usage_type == usage_type
        for unit in usage.units
    ]


def taken_back(
    usage: PaidUsage, asked: Mapping[str, Quantity] | None
) -> tuple[PaidUsage, tuple[Usage, ...]]:
    """With as much of it refunded as is asked for (None: all), and how much that is."""
    units: list[PaidUnit] = []
    back: list[Usage] = []
    for each in usage.units:
        rest = added(each.quantity, minus(each.refunded))
        more = rest if asked is None else min(rest, asked.get(each.unit, 0))
        if more > 0:
            back.append(Usage(each.unit, more))
            each = replace(each, refunded=added(each.refunded, more))
        units.append(each)
    return replace(usage, units=tuple(units)), tuple(back)


def shares_of(usage: PaidUsage, parts: tuple[PaidPart, ...]) -> dict[str, Quantity]:
    """What all that was refunded of the usage comes to, of each resource that has paid for it."""
    money, burned = _ONE, dict[str, tuple[Decimal, Decimal]]()
    for each in usage.units:
        for allowance, covered, back in _burned_back(each):
            before = burned.get(allowance, (ZERO, ZERO))
            burned[allowance] = (CONTEXT.add(before[0], covered), CONTEXT.add(before[1], back))
    if not usage.is_back:
        money = _money_back(usage.units)
    shares: dict[str, Quantity] = {}
    for resource in dict.fromkeys(part.resource for part in parts):
        paid_by = [part.quantity for part in parts if part.resource == resource]
        whole = _sum(Decimal(each) for each in paid_by)
        if resource in burned:
            covered, back = burned[resource]
            share = quantize_line(CONTEXT.divide(CONTEXT.multiply(whole, back), covered))
        else:
            quantum = _ONE.scaleb(min(_exponent(each) for each in paid_by))
            share = CONTEXT.multiply(whole, money).quantize(quantum, None, CONTEXT)
        shares[resource] = exact(share)
    return shares


def _money_back(units: tuple[PaidUnit, ...]) -> Decimal:
    """The part of what was paid that was refunded, from 0 to 1: by what each unit costs, or where
    none of them costs anything, by how much there was of it."""
    weights = [each.price for each in units]
    if not _sum(weights):
        weights = [Decimal(each.quantity) for each in units]
    parts = zip(weights, map(_part_paid, units), strict=True)
    back = _sum(CONTEXT.multiply(weight, part) for weight, part in parts)
    return CONTEXT.divide(back, _sum(weights))


def _part_paid(unit: PaidUnit) -> Decimal:
    """The part of what was paid for that was refunded: from 0 to 1."""
    paid = CONTEXT.subtract(Decimal(unit.quantity), _sum(Decimal(q) for _, q in unit.covered))
    if paid <= ZERO:
        return CONTEXT.divide(Decimal(unit.refunded), Decimal(unit.quantity))
    return CONTEXT.divide(min(Decimal(unit.refunded), paid), paid)


def _burned_back(unit: PaidUnit) -> list[tuple[str, Decimal, Decimal]]:
    """Of each allowance what it covered, and how much of that was refunded: the last one first."""
    covered = [(name, Decimal(quantity)) for name, quantity in unit.covered]
    paid = CONTEXT.subtract(Decimal(unit.quantity), _sum(quantity for _, quantity in covered))
    left = max(CONTEXT.subtract(Decimal(unit.refunded), paid), ZERO)
    found: list[tuple[str, Decimal, Decimal]] = []
    for name, quantity in reversed(covered):
        back = min(left, quantity)
        left = CONTEXT.subtract(left, back)
        found.append((name, quantity, back))
    return found


def _exponent(quantity: Quantity) -> int:
    exponent = Decimal(quantity).as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for number in numbers:
        total = CONTEXT.add(total, number)
    return total
