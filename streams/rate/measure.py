"""From what was measured to what is priced: minimum, increments, conversion, rounding, free units.

In this order: a minimum and full increments by record; then into another unit, rounded to whole
ones; then to digits; then the free units come off. The last three are worked out by record, or over
the total of an accumulator: then a record's part is the difference that it makes, and the parts of
a period sum to what its total is priced as. What is taken back (negative) is counted as it was
given.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import partial
from typing import Final, NamedTuple

from streams.model.measure import Conversion, DigitRounding, Measure
from streams.model.money import CONTEXT, Quantity, minus
from streams.model.price import RECORD
from streams.rate.prices.price import completed, started
from streams.rate.quantity import exact

Count = Callable[[Quantity], Quantity]
"""From a quantity to another; nothing stays nothing."""

_MODES: Final = {
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
}


class Counting(NamedTuple):
    """A measure compiled. `whole` is what a record or a total of `reference` is priced as.

    `added` is what a record adds to a total that is there already.
    """

    unit: str
    reference: str
    step: Count
    whole: Count
    added: Callable[[Quantity, Quantity], Quantity]

    @property
    def by_record(self) -> Count:
        """All of it, where a record stands for itself."""
        step, whole = self.step, self.whole
        return step if whole is _as_it_is else lambda quantity: whole(step(quantity))


def compile_counting(measure: Measure) -> Counting:
    """How a unit is counted."""
    return Counting(
        measure.priced_unit,
        measure.reference,
        _compile_step(measure),
        _compile_whole(measure),
        _ADDED[measure.aggregate],
    )


def _all_of_it(quantity: Quantity, total: Quantity) -> Quantity:
    return quantity


def _above(quantity: Quantity, total: Quantity) -> Quantity:
    """What the quantity is higher than the highest so far."""
    return quantity - total if quantity > total else 0


def _difference(quantity: Quantity, total: Quantity) -> Quantity:
    """From the last one to this one: less than nothing where it fell."""
    return quantity - total


_ADDED: Final[dict[str, Callable[[Quantity, Quantity], Quantity]]] = {
    "sum": _all_of_it,
    "max": _above,
    "latest": _difference,
}


def is_by_record(measure: Measure) -> bool:
    """True where a record is counted by itself, and under its own unit."""
    return measure.reference == RECORD and measure.priced_unit == measure.unit


def _compile_step(measure: Measure) -> Count:
    """`_stepped` by this measure; whole numbers need no decimals, the answer is the same."""
    minimum, increment = exact(measure.minimum), exact(measure.increment)
    if not minimum and not increment:
        return _as_it_is
    if not (isinstance(minimum, int) and isinstance(increment, int) and increment):
        return partial(_stepped, minimum=minimum, increment=increment)

    def stepped_whole(quantity: Quantity) -> Quantity:
        if type(quantity) is not int:
            return _stepped(quantity, minimum=minimum, increment=increment)
        if quantity <= minimum:
            if quantity < 0:
                return -stepped_whole(-quantity)
            return minimum if quantity else quantity
        return minimum - (minimum - quantity) // increment * increment

    return stepped_whole


def _stepped(quantity: Quantity, *, minimum: Quantity, increment: Quantity) -> Quantity:
    """Nothing stays nothing, else the minimum, then full steps; what is taken back likewise."""
    if quantity == 0:
        return quantity
    if quantity < 0:
        return minus(_stepped(minus(quantity), minimum=minimum, increment=increment))
    if quantity <= minimum:
        return minimum
    if not increment:
        return quantity
    steps = started(CONTEXT.subtract(Decimal(quantity), minimum), increment)
    return exact(CONTEXT.add(CONTEXT.multiply(Decimal(steps), increment), minimum))


def _compile_whole(measure: Measure) -> Count:
    steps: list[Count] = []
    if measure.conversion is not None:
        steps.append(partial(_converted, conversion=measure.conversion))
    if measure.rounding is not None:
        steps.append(partial(_rounded, rounding=measure.rounding))
    if measure.free_units:
        free = exact(measure.free_units)
        steps.append(lambda quantity: quantity - free if quantity > free else 0)
    if not steps:
        return _as_it_is

    def whole(quantity: Quantity) -> Quantity:
        if quantity < 0:
            return minus(whole(minus(quantity)))
        for step in steps:
            quantity = step(quantity)
        return quantity

    return whole


def _as_it_is(quantity: Quantity) -> Quantity:
    return quantity


def _converted(quantity: Quantity, *, conversion: Conversion) -> Quantity:
    factor, rounding = conversion.factor, conversion.rounding
    if not conversion.divides:
        return _to_whole(CONTEXT.multiply(factor, quantity), rounding)
    if rounding == "ceiling":
        return started(quantity, exact(factor))
    if rounding == "floor":
        return completed(quantity, exact(factor))
    return _to_whole(CONTEXT.divide(Decimal(quantity), factor), rounding)


def _to_whole(quantity: Decimal, rounding: str) -> Quantity:
    if rounding == "none":
        return exact(quantity)
    return int(quantity.to_integral_value(_MODES[rounding], CONTEXT))


def _rounded(quantity: Quantity, *, rounding: DigitRounding) -> Quantity:
    quantum = Decimal(1).scaleb(-rounding.decimals)
    return exact(Decimal(quantity).quantize(quantum, _MODES[rounding.method], CONTEXT))
