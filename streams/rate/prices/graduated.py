"""Each part of the quantity costs what its own tier says.

A tier reaches up to and including `up_to`; the unit after it falls into the next. Its
`flat_amount` is charged once, by the usage that takes the tier's first part. So the charge of a
period is the same however its usage was cut into records. Where the last tier ends, what lies past
it costs nothing (`beyond: free`) or has no price (`refuse`).

Where an offer charges zero usage, the first tier's `flat_amount` is due when the period is opened.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.money import CONTEXT, ZERO, Quantity, quantize_line
from streams.model.prices import Graduated
from streams.model.rated import ChargeLine
from streams.rate.prices.price import NO_AMOUNT, UNBOUNDED, CompiledPrice, Label, Lines, given_back
from streams.rate.quantity import exact

BEYOND = "beyond"
"""The tier that is told for quantity past the last one."""


class _Step(Struct, frozen=True):
    """`is_exact`: a unit's amount is exact at a line's scale; whole quantities need no division."""

    above: Quantity
    up_to: Quantity | None
    amount: Decimal
    unit_amount: Decimal
    flat_amount: Decimal
    detail: dict[str, str]
    is_exact: bool


class GraduatedPrice(CompiledPrice):
    """Tiers measured on `reference`; `lines` makes one line for each tier that is touched."""

    __slots__ = ("_per", "_steps", "limit", "opening")

    rule = "graduated"

    def __init__(self, price: Graduated, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        detail = label.detail
        self._per = price.per
        steps = _steps(price, detail)
        self.limit: Quantity | None = None
        if steps[-1].up_to is not None:
            end = steps[-1].up_to
            self.limit = end if price.beyond == "refuse" else None
            steps.append(_Step(end, None, ZERO, NO_AMOUNT, ZERO, detail | {"tier": BEYOND}, True))
        self.opening: Lines = ()
        first = steps[0]
        if label.charges_zero and first.flat_amount:
            flat = quantize_line(first.flat_amount)
            at_once = self.line(0, each=first.unit_amount, amount=flat, detail=first.detail)
            self.opening = (at_once,)
            steps[0] = replace(first, flat_amount=ZERO)
        self._steps = tuple(steps)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The charge of the units after the first `used` ones."""
        if quantity < 0:
            return given_back(self, quantity, used)
        made: list[ChargeLine] = []
        first, last = used, used + quantity
        for step in self._steps:
            up_to = step.up_to
            if up_to is not None and up_to <= first:
                continue
            until = last if up_to is None or up_to > last else up_to
            made.append(self._line(step, first, until))
            first = until
            if first >= last:
                break
        return tuple(made)

    def room(self, quantity: Quantity, used: Quantity) -> Quantity:
        """What is left of the tier that all of the quantity is in; none where its flat amount is
        due once."""
        for step in self._steps:
            up_to = step.up_to
            if up_to is not None and up_to <= used:
                continue
            if quantity < 0 or step.flat_amount:
                return 0
            return UNBOUNDED if up_to is None else max(0, up_to - used - quantity)
        return 0

    def _line(self, step: _Step, first: Quantity, until: Quantity) -> ChargeLine:
        quantity = until - first
        if step.is_exact and type(quantity) is int:
            amount = CONTEXT.multiply(quantity, step.unit_amount)
        else:
            product = CONTEXT.multiply(quantity, step.amount)
            amount = quantize_line(CONTEXT.divide(product, self._per))
        if step.flat_amount and first == step.above and quantity > 0:
            amount = quantize_line(CONTEXT.add(amount, step.flat_amount))
        return ChargeLine(
            self._rule, self.source, self.unit, quantity, step.unit_amount, amount, step.detail
        )


def _steps(price: Graduated, detail: dict[str, str]) -> list[_Step]:
    steps: list[_Step] = []
    above: Quantity = 0
    for number, tier in enumerate(price.tiers, start=1):
        up_to = None if tier.up_to is None else exact(tier.up_to)
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
    return steps
