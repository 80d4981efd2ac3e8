"""Each part of the quantity costs what its own tier says.

A tier reaches up to and including `up_to`; the unit after it falls into the next. Its
`flat_amount` is charged once, by the usage that takes the tier's first part. So the charge of a
period is the same however its usage was cut into records.
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.catalog import Graduated
from streams.model.money import CONTEXT, ZERO, Quantity, quantize_line
from streams.model.rated import ChargeLine


class _Step(NamedTuple):
    above: Quantity
    up_to: Quantity | None
    amount: Decimal
    unit_amount: Decimal
    flat_amount: Decimal
    detail: dict[str, str]
    is_exact: bool
    """A unit's amount is exact at a line's scale: whole quantities need no division."""


class GraduatedPrice:
    """Tiers measured on `reference`; `lines` makes one line for each tier that is touched."""

    __slots__ = ("_per", "_steps", "detail", "reference", "source", "unit")

    rule = "graduated"

    def __init__(self, price: Graduated, *, source: str, detail: dict[str, str]) -> None:
        self.unit = price.unit
        self.reference = price.reference
        self.source = source
        self.detail = detail
        self._per = price.per
        self._steps = _steps(price, detail)

    def lines(self, quantity: Quantity, used: Quantity) -> tuple[ChargeLine, ...]:
        """The charge of the units after the first `used` ones."""
        made: list[ChargeLine] = []
        first, last = used, used + quantity
        for step in self._steps:
            if step.up_to is not None and step.up_to <= first:
                continue
            until = last if step.up_to is None or step.up_to > last else step.up_to
            made.append(self._line(step, until - first, entered=first == step.above))
            first = until
            if first >= last:
                break
        return tuple(made)

    def _line(self, step: _Step, quantity: Quantity, *, entered: bool) -> ChargeLine:
        if step.is_exact and type(quantity) is int:
            amount = CONTEXT.multiply(quantity, step.unit_amount)
        else:
            product = CONTEXT.multiply(quantity, step.amount)
            amount = quantize_line(CONTEXT.divide(product, self._per))
        if entered and quantity > 0 and step.flat_amount:
            amount = quantize_line(CONTEXT.add(amount, step.flat_amount))
        return ChargeLine(
            "graduated", self.source, self.unit, quantity, step.unit_amount, amount, step.detail
        )


def _steps(price: Graduated, detail: dict[str, str]) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    above: Quantity = 0
    for number, tier in enumerate(price.tiers, start=1):
        up_to = None if tier.up_to is None else _count(tier.up_to)
        unit_amount = quantize_line(CONTEXT.divide(tier.unit_amount, price.per))
        steps.append(
            _Step(
                above,
                up_to,
                tier.unit_amount,
                unit_amount,
                tier.flat_amount or ZERO,
                detail | {"tier": str(number)},
                CONTEXT.multiply(unit_amount, price.per) == tier.unit_amount,
            )
        )
        above = above if up_to is None else up_to
    return tuple(steps)


def _count(number: Decimal) -> Quantity:
    whole = int(number)
    return whole if whole == number else number
