"""Billing periods: how time is cut into half-open spans, by the calendar of a zone.

Days and longer units go by the local calendar: a period begins at the anchor's local time, so a day
is of 23 or 25 hours when the clock changes. A month without the anchor's day begins on its last
day, and the next one on the anchor's day again. Where the clock leaves the time of a start out, the
period begins at the change; where the time comes twice, at the first. Hours are elapsed time.

Whatever the structure, its periods tile the time line: each instant is in exactly one, and no
period is empty.
"""

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final, Literal, get_args

from msgspec import Struct

from streams.model.instant import DAY, HOUR, MINUTE, Instant, Period, first_at, offset_at

PeriodUnit = Literal["hour", "day", "week", "month", "quarter", "year"]
PERIOD_UNITS: tuple[PeriodUnit, ...] = get_args(PeriodUnit)

_EPOCH = date(1970, 1, 1)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_FIRST_MONDAY = date(1970, 1, 5).toordinal() - _EPOCH_ORDINAL
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


class BillingPeriod(Struct, frozen=True, kw_only=True):
    """`every` so many units, counted from `anchor` in both directions.

    Without an `anchor`, periods begin on `day` (of the month; 31 is the last one), in `month` (of
    years and quarters), on `weekday` (Monday is 0), at `minute` of the local day, and are counted
    from 1970; hours are counted from 1970-01-01T00:00Z plus `minute`. Without a `time_zone`, the
    calendar is that of the account.
    """

    id: str
    unit: PeriodUnit
    every: int = 1
    anchor: Instant | None = None
    month: int = 1
    day: int = 1
    weekday: int = 0
    minute: int = 0
    time_zone: str = ""


def period_at(instant: Instant, structure: BillingPeriod, zone_name: str) -> Period:
    """The period that holds the instant; `zone_name` is used where the structure names no zone."""
    return starts_of(structure, zone_name).at(instant)


def starts_of(structure: BillingPeriod, zone_name: str) -> "Starts":
    """What finds the periods in a zone; `zone_name` as for `period_at`."""
    return _compiled(structure, structure.time_zone or zone_name)


@lru_cache(maxsize=4096)
def _compiled(structure: BillingPeriod, zone_name: str) -> "Starts":
    if structure.unit == "hour":
        return _Hours(structure, zone_name)
    if structure.unit in _DAYS:
        return _Days(structure, zone_name)
    return _Months(structure, zone_name)


_KNOWN: Final = 8
"""Periods that are remembered: as one ends, those around it are asked for in turn."""


class Starts:
    """The starts of periods by their number; a later number never starts earlier."""

    __slots__ = ("_found", "_known", "_zone_name")

    def __init__(self, zone_name: str) -> None:
        self._zone_name = zone_name
        self._found = Period(0, 0)
        self._known: tuple[Period, ...] = ()

    def at(self, instant: Instant) -> Period:
        """The period of the instant; the one found last is tried first, then some before it."""
        found = self._found
        if not found.start <= instant < found.end:
            found = self._found = self._recall(instant)
        return found

    def _recall(self, instant: Instant) -> Period:
        for known in self._known:
            if known.start <= instant < known.end:
                return known
        found = self._search(instant)
        self._known = (found, *self._known[: _KNOWN - 1])
        return found

    def _search(self, instant: Instant) -> Period:
        number = self._number_near(instant)
        while self._start(number) > instant:
            number -= 1
        while (end := self._start(number + 1)) <= instant:
            number += 1
        return Period(self._start(number), end)

    def _number_near(self, instant: Instant) -> int:
        raise NotImplementedError

    def _start(self, number: int) -> Instant:
        raise NotImplementedError


class _Hours(Starts):
    __slots__ = ("_anchor", "_length")

    def __init__(self, structure: BillingPeriod, zone_name: str) -> None:
        super().__init__(zone_name)
        anchor = structure.anchor
        self._anchor = structure.minute * MINUTE if anchor is None else anchor
        self._length = structure.every * HOUR

    def _number_near(self, instant: Instant) -> int:
        return (instant - self._anchor) // self._length

    def _start(self, number: int) -> Instant:
        return self._anchor + number * self._length


class _Days(Starts):
    __slots__ = ("_first", "_length")

    def __init__(self, structure: BillingPeriod, zone_name: str) -> None:
        super().__init__(zone_name)
        if structure.anchor is None:
            first = _FIRST_MONDAY + structure.weekday if structure.unit == "week" else 0
            self._first = first * DAY + structure.minute * MINUTE
        else:
            self._first = structure.anchor + offset_at(structure.anchor, zone_name)
        self._length = structure.every * _DAYS[structure.unit] * DAY

    def _number_near(self, instant: Instant) -> int:
        return (instant + offset_at(instant, self._zone_name) - self._first) // self._length

    def _start(self, number: int) -> Instant:
        return first_at(self._first + number * self._length, self._zone_name)


class _Months(Starts):
    __slots__ = ("_day", "_first", "_length", "_time")

    def __init__(self, structure: BillingPeriod, zone_name: str) -> None:
        super().__init__(zone_name)
        self._length = structure.every * _MONTHS[structure.unit]
        if structure.anchor is None:
            self._first = 1970 * 12 + structure.month - 1
            self._day, self._time = structure.day, structure.minute * MINUTE
        else:
            wall = structure.anchor + offset_at(structure.anchor, zone_name)
            anchored = date.fromordinal(wall // DAY + _EPOCH_ORDINAL)
            self._first = anchored.year * 12 + anchored.month - 1
            self._day, self._time = anchored.day, wall % DAY

    def _number_near(self, instant: Instant) -> int:
        wall = instant + offset_at(instant, self._zone_name)
        day = date.fromordinal(wall // DAY + _EPOCH_ORDINAL)
        return (day.year * 12 + day.month - 1 - self._first) // self._length

    def _start(self, number: int) -> Instant:
        year, month = divmod(self._first + number * self._length, 12)
        day = min(self._day, monthrange(year, month + 1)[1])
        midnight = (date(year, month + 1, day).toordinal() - _EPOCH_ORDINAL) * DAY
        return first_at(midnight + self._time, self._zone_name)
