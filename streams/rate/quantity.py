"""How much: the quantity that is priced, and its exact division at band switches."""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from functools import partial

from streams.model.catalog import Measure
from streams.model.money import CONTEXT, LINE_QUANTUM, Quantity
from streams.rate.time_unit import Segment


def exact(quantity: Decimal) -> Quantity:
    """The same number, as an int where it is whole: counts stay counts."""
    whole = int(quantity)
    return whole if whole == quantity else quantity


def measured(quantity: Quantity, measure: Measure) -> Quantity:
    """The quantity that is priced: nothing stays nothing, else the minimum, then full steps."""
    if quantity == 0:
        return quantity
    counted = Decimal(quantity)
    if counted <= measure.minimum:
        return exact(measure.minimum)
    if measure.increment == 0:
        return quantity
    steps = CONTEXT.divide(counted - measure.minimum, measure.increment)
    whole = steps.to_integral_value(ROUND_CEILING)
    return exact(CONTEXT.add(measure.minimum, CONTEXT.multiply(whole, measure.increment)))


def compile_measure(measure: Measure) -> Callable[[Quantity], Quantity]:
    """`measured` by this measure; whole numbers need no decimals, the answer is the same."""
    minimum, increment = exact(measure.minimum), exact(measure.increment)
    if not (isinstance(minimum, int) and isinstance(increment, int) and increment):
        return partial(measured, measure=measure)

    def measured_whole(quantity: Quantity) -> Quantity:
        if type(quantity) is not int:
            return measured(quantity, measure)
        if quantity <= minimum:
            return minimum if quantity else quantity
        return minimum - (minimum - quantity) // increment * increment

    return measured_whole


def divided(quantity: Quantity, segments: list[Segment]) -> list[Quantity]:
    """One part a segment, by its share of the time; the parts sum to the quantity exactly.

    Cut at the running share, so no part carries another's rounding: each cut is exact where the
    share is, and at 12 digits otherwise.
    """
    start, whole = segments[0].start, segments[-1].end - segments[0].start
    parts: list[Quantity] = []
    before: Quantity = 0
    for segment in segments[:-1]:
        elapsed = segment.end - start
        cut = _share(quantity, elapsed, whole)
        parts.append(cut - before)
        before = cut
    parts.append(quantity - before)
    return parts


def _share(quantity: Quantity, elapsed: int, whole: int) -> Quantity:
    if isinstance(quantity, int):
        product = quantity * elapsed
        if product % whole == 0:
            return product // whole
    share = CONTEXT.divide(CONTEXT.multiply(quantity, elapsed), whole)
    return exact(share.quantize(LINE_QUANTUM, None, CONTEXT))
