"""How much: the quantity that is priced, and its exact division at band switches."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from streams.model.money import CONTEXT, LINE_QUANTUM, WHOLE_MAX, Quantity, minus, trimmed
from streams.rate.time_unit import Segment

QUANTITY_MAX: Final = 10**18
"""The largest quantity that is computed, like that of a source."""


def exact(quantity: Decimal) -> Quantity:
    """The same number, as an int where it is whole: counts stay counts, up to `WHOLE_MAX`."""
    whole = int(quantity)
    return whole if whole == quantity and -WHOLE_MAX <= whole <= WHOLE_MAX else quantity


def divided(quantity: Quantity, segments: Sequence[Segment]) -> list[Quantity]:
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


def size_of(quantity: Quantity) -> Quantity:
    """How much it is, taken or taken back."""
    return minus(quantity) if quantity < 0 else quantity


def quantity_of(value: Any) -> Quantity | None:
    """A computed value as a quantity; None where it is none."""
    if type(value) is int:
        return value if abs(value) <= QUANTITY_MAX else None
    if type(value) is not Decimal or not value.is_finite() or value.copy_abs() > QUANTITY_MAX:
        return None
    return exact(trimmed(value.quantize(LINE_QUANTUM, None, CONTEXT)))
