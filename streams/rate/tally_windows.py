"""Over which time a total goes: periods, a rolling window of steps, or all time.

A rolling window is made of whole steps, days or hours of the account's calendar, and its newest
step is the newest that was used: so it is exact to the step, and the same in whatever order records
come. A late record counts in its own step while the window still has that, and nowhere after that.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from streams.model.accumulator import Rolling
from streams.model.instant import (
    BEGINNING,
    DAY,
    FOREVER,
    HOUR,
    Instant,
    Period,
    first_at,
    offset_at,
)
from streams.model.tally import Span
from streams.rate.spans import LIFE, OwnSpan

Spans = tuple[Span, ...]
Shown = tuple[Period, Sequence[Span]]
"""A time that a total is told for, and the spans that it is told from."""


class Windows(Protocol):
    """The times that totals of one accumulator go over; `spans` stand by rising start."""

    name: str
    """What the times are called; another name, another total."""

    def place(self, at: Instant, zone_name: str, closed_before: Instant) -> Period:
        """The span that a record counts in."""

    def seen(self, spans: Spans, span: Period, zone_name: str) -> Sequence[Span]:
        """What a record that counts in `span` finds there."""

    def left(self, spans: Spans, zone_name: str, closed_before: Instant) -> Spans:
        """The spans without those that nothing is told from any more."""

    def shown(self, spans: Spans, zone_name: str) -> Sequence[Shown]:
        """What is told."""

    def closes_at(self, spans: Spans, grace: Instant) -> Instant:
        """From when on nothing of it is needed."""


class Periods:
    """One total for each period."""

    __slots__ = ("_span", "name")

    def __init__(self, span: OwnSpan) -> None:
        self._span = span
        self.name = span.structure.id

    def place(self, at: Instant, zone_name: str, closed_before: Instant) -> Period:
        """Its own period, or the open one where that is closed."""
        return self._span.at(at, zone_name, closed_before=closed_before)

    def seen(self, spans: Spans, span: Period, zone_name: str) -> Sequence[Span]:
        """What its period has come to."""
        return [each for each in spans if each.start == span.start]

    def left(self, spans: Spans, zone_name: str, closed_before: Instant) -> Spans:
        """Without closed periods."""
        return tuple(span for span in spans if span.end > closed_before)

    def shown(self, spans: Spans, zone_name: str) -> Sequence[Shown]:
        """Each by itself."""
        return [(Period(span.start, span.end), (span,)) for span in spans]

    def closes_at(self, spans: Spans, grace: Instant) -> Instant:
        """When the last one is closed."""
        return spans[-1].end + grace


class Life:
    """One total from the first record on."""

    __slots__ = ("name",)

    def __init__(self) -> None:
        self.name = "life"

    def place(self, at: Instant, zone_name: str, closed_before: Instant) -> Period:
        """All time."""
        return LIFE

    def seen(self, spans: Spans, span: Period, zone_name: str) -> Sequence[Span]:
        """All of it."""
        return spans

    def left(self, spans: Spans, zone_name: str, closed_before: Instant) -> Spans:
        """All of them."""
        return spans

    def shown(self, spans: Spans, zone_name: str) -> Sequence[Shown]:
        """The one that there is."""
        return [(LIFE, spans)]

    def closes_at(self, spans: Spans, grace: Instant) -> Instant:
        """Never."""
        return FOREVER


class RollingSteps:
    """One total of the last steps."""

    __slots__ = ("_is_daily", "_span", "_steps", "name")

    def __init__(self, rolling: Rolling) -> None:
        self._span = OwnSpan(rolling.step)
        self._steps = rolling.steps
        self._is_daily = rolling.step.unit == "day"
        self.name = f"rolling {rolling.steps} {rolling.step.unit}"

    def place(self, at: Instant, zone_name: str, closed_before: Instant) -> Period:
        """Its own step, however late it is."""
        return self._span.at(at, zone_name, closed_before=BEGINNING)

    def seen(self, spans: Spans, span: Period, zone_name: str) -> Sequence[Span]:
        """The window that ends with its step, or with a newer one."""
        newest = max(spans[-1].start, span.start) if spans else span.start
        return self._window(spans, newest, zone_name)

    def left(self, spans: Spans, zone_name: str, closed_before: Instant) -> Spans:
        """The steps of the window that ends with the newest."""
        return self._window(spans, spans[-1].start, zone_name)

    def shown(self, spans: Spans, zone_name: str) -> Sequence[Shown]:
        """The window as of the newest step."""
        newest = spans[-1]
        return [(Period(self._first(newest.start, zone_name), newest.end), spans)]

    def closes_at(self, spans: Spans, grace: Instant) -> Instant:
        """When no window that is in time has any of the steps; a day may have an hour more."""
        length = DAY + HOUR if self._is_daily else HOUR
        return spans[-1].end + self._steps * length + grace

    def _window(self, spans: Spans, newest: Instant, zone_name: str) -> Spans:
        first = self._first(newest, zone_name)
        if spans and spans[0].start >= first:
            return spans
        return tuple(span for span in spans if span.start >= first)

    def _first(self, newest: Instant, zone_name: str) -> Instant:
        back = self._steps - 1
        if self._is_daily:
            return _days_before(newest, back, zone_name)
        return newest - back * HOUR


@lru_cache(maxsize=4096)
def _days_before(start: Instant, days: int, zone_name: str) -> Instant:
    """When the day begins that is so many local days before the one that begins at `start`."""
    midnight = (start + offset_at(start, zone_name)) // DAY * DAY
    return first_at(midnight - days * DAY, zone_name)


def windows_of(rolling: Rolling | None, is_lifelong: bool, span: OwnSpan) -> Windows:
    """The times that an accumulator goes by; `span` where it goes by periods."""
    if rolling is not None:
        return RollingSteps(rolling)
    return Life() if is_lifelong else Periods(span)
