"""What accumulators are told from that are more than a sum by periods."""

from msgspec import Struct

from streams.model.instant import FOREVER, Instant
from streams.model.money import Quantity


class Span(Struct, frozen=True, array_like=True, gc=False):
    """What the records of a period, or of a step of a rolling window, have come to.

    `value` is their sum, the lowest, the highest or the latest one, or what they add up to by time.
    `weight` is how many there were, where an average is told, or when the latest one was. `values`
    are the different ones, sorted.
    """

    start: Instant
    end: Instant
    value: Quantity
    weight: int = 0
    values: tuple[str, ...] = ()


class Tally(Struct, frozen=True, array_like=True):
    """One accumulator of an account, or of a part of what it uses.

    `totals` is what it tells: (accumulator, start, end, total), sorted. `counted` says what that is
    of the values that were counted, and over which time: aggregate and window. `closes_at` is the
    partition's time from which on it is forgotten.
    """

    totals: tuple[tuple[str, Instant, Instant, Quantity], ...]
    counted: tuple[str, str]
    spans: tuple[Span, ...] = ()
    closes_at: Instant = FOREVER
