"""What values come to: how one is added to those of its span, and what spans tell together.

All of it is exact: an average and a sum by time are kept as they are added up, and divided as they
are told (twelve digits after the point, half even). Only `latest` asks in which order records came,
and only of those that happened at the same time: there the last that came counts.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from streams.model.instant import Instant, Period
from streams.model.money import CONTEXT, Quantity, added, quantize_line, trimmed
from streams.model.tally import Span
from streams.rate.quantity import exact

Add = Callable[[Span | None, Period, Any, Instant], Span]
"""The span with one more value, which happened at an instant; None: there was none."""
Tell = Callable[[Sequence[Span]], Quantity]
"""What spans come to; there is at least one."""


def _add_up(found: Span | None, period: Period, value: Any, _at: Instant) -> Span:
    return Span(*period, value if found is None else added(found.value, value))


def _sum(spans: Sequence[Span]) -> Quantity:
    total = spans[0].value
    for span in spans[1:]:
        total = added(total, span.value)
    return total


def _add_lowest(found: Span | None, period: Period, value: Any, _at: Instant) -> Span:
    return Span(*period, value if found is None else min(found.value, value))


def _lowest(spans: Sequence[Span]) -> Quantity:
    return min(span.value for span in spans)


def _add_highest(found: Span | None, period: Period, value: Any, _at: Instant) -> Span:
    return Span(*period, value if found is None else max(found.value, value))


def _highest(spans: Sequence[Span]) -> Quantity:
    return max(span.value for span in spans)


def _add_latest(found: Span | None, period: Period, value: Any, at: Instant) -> Span:
    return Span(*period, value, at) if found is None or at >= found.weight else found


def _latest(spans: Sequence[Span]) -> Quantity:
    return max(spans, key=lambda span: span.weight).value


def _add_counted(found: Span | None, period: Period, value: Any, _at: Instant) -> Span:
    if found is None:
        return Span(*period, value, 1)
    return Span(*period, added(found.value, value), found.weight + 1)


def _average(spans: Sequence[Span]) -> Quantity:
    return _divided(_sum(spans), sum(span.weight for span in spans))


def _add_by_time(found: Span | None, period: Period, value: Any, at: Instant) -> Span:
    left = period.end - max(at, period.start)
    weighted = exact(CONTEXT.multiply(Decimal(value), left))
    return Span(*period, weighted if found is None else added(found.value, weighted))


def _by_time(spans: Sequence[Span]) -> Quantity:
    (span,) = spans
    return _divided(span.value, span.end - span.start)


def _divided(total: Quantity, by: int) -> Quantity:
    return exact(trimmed(quantize_line(CONTEXT.divide(Decimal(total), by))))


def _adding_unique(most: int) -> Add:
    def add_unique(found: Span | None, period: Period, value: Any, _at: Instant) -> Span:
        if found is None:
            return Span(*period, 1, 0, (value,))
        values = found.values
        place = bisect_left(values, value)
        if len(values) >= most or values[place : place + 1] == (value,):
            return found
        values = (*values[:place], value, *values[place:])
        return Span(*period, len(values), 0, values)

    return add_unique


def _telling_unique(most: int) -> Tell:
    def unique(spans: Sequence[Span]) -> Quantity:
        if len(spans) == 1:
            return spans[0].value
        return min(most, len({value for span in spans for value in span.values}))

    return unique


_KINDS: Final[dict[str, tuple[Add, Tell]]] = {
    "sum": (_add_up, _sum),
    "min": (_add_lowest, _lowest),
    "max": (_add_highest, _highest),
    "latest": (_add_latest, _latest),
    "average": (_add_counted, _average),
    "weighted_sum": (_add_by_time, _by_time),
}


def kind_of(aggregate: str, most: int) -> tuple[Add, Tell]:
    """How values are added and told; of unique ones, `most` at most are told apart."""
    if aggregate == "unique":
        return _adding_unique(most), _telling_unique(most)
    return _KINDS[aggregate]
