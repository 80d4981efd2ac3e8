"""When: the time band of each part of a usage, by the clock of the unit or of the account.

A band is asked by what the local clock and calendar show. For each UTC day and zone the switches
are worked out once, from the zone's offset in force, so that clock changes need no case of their
own: in the night when the clock goes back, a switch at 02:30 happens twice; when it goes forward
over 02:30, it happens at the change; a day that a zone leaves out has no switches.

A window that runs past midnight belongs to the day it begins on: that day must be one of its
weekdays, holidays or dates, the following one need not.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

from streams.model.instant import DAY, MINUTE, Instant, clock_change, offset_at
from streams.model.time_unit import WEEKDAYS, Band, TimeUnit

_DAY_MINUTES = 1440
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAYS_KEPT = 8192


class Segment(Struct, frozen=True, gc=False):
    """A stretch of time within one band."""

    band: str
    start: Instant
    end: Instant


class _Day(NamedTuple):
    starts: list[Instant]
    bands: list[str]


_LocalDay = tuple[tuple[int, str], ...]
"""Where a local day changes its band, by rising minute; the first is at 0."""


class BandCalendar:
    """A time unit compiled to the switches of local days, and lazily to those of UTC days."""

    __slots__ = ("_days", "_default", "_local_days", "_time_zone", "_windows")

    def __init__(self, unit: TimeUnit) -> None:
        self._default = unit.default
        self._time_zone = unit.time_zone
        self._windows = tuple(_Window(band) for band in unit.bands)
        self._local_days: dict[tuple[int, int], _LocalDay] = {}
        self._days: dict[tuple[str, int], _Day] = {}

    def band_of(self, start: Instant, end: Instant, zone_name: str) -> str | None:
        """The one band of `[start, end)`; None where it spans a switch, or the end of a UTC day."""
        number = start // DAY
        starts, bands = self._days.get((zone_name, number)) or self._day(number, zone_name)
        place = bisect_right(starts, start)
        return bands[place - 1] if end <= starts[place] else None

    def segments(self, start: Instant, end: Instant, zone_name: str) -> list[Segment]:
        """Cut `[start, end)` at the switches; an instant is one segment without length."""
        band = self.band_of(start, end, zone_name)
        if band is not None:
            return [Segment(band, start, end)]
        cut: list[Segment] = []
        for number in range(start // DAY, end // DAY + 1):
            starts, bands = self._day(number, zone_name)
            for band, (begins, ends) in zip(bands, pairwise(starts), strict=True):
                first, last = max(start, begins), min(end, ends)
                if first >= last:
                    continue
                if cut and cut[-1].band == band:
                    cut[-1] = Segment(band, cut[-1].start, last)
                else:
                    cut.append(Segment(band, first, last))
        return cut

    def _day(self, number: int, zone_name: str) -> _Day:
        key = (zone_name, number)
        day = self._days.get(key)
        if day is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            zone_name = self._time_zone or zone_name
            day = self._days[key] = self._switches(number * DAY, zone_name)
        return day

    def _switches(self, first: Instant, zone_name: str) -> _Day:
        starts: list[Instant] = []
        bands: list[str] = []
        for start, end, offset in _offsets(first, first + DAY, zone_name):
            for at, band in self._local_switches(start + offset, end + offset):
                if not bands or bands[-1] != band:
                    starts.append(at - offset)
                    bands.append(band)
        starts.append(first + DAY)
        return _Day(starts, bands)

    def _local_switches(self, start: Instant, end: Instant) -> Iterator[tuple[Instant, str]]:
        """The bands of local time `[start, end)`; the first begins at `start`."""
        for number in range(start // DAY, end // DAY + 1):
            midnight = number * DAY
            day = (*self._local_day(number), (_DAY_MINUTES, ""))
            for (minute, band), (until, _) in pairwise(day):
                at = midnight + minute * MINUTE
                if at < end and start < midnight + until * MINUTE:
                    yield max(at, start), band

    def _local_day(self, number: int) -> _LocalDay:
        """Days on which the same windows hold have the same switches."""
        key = (self._holding(number - 1), self._holding(number))
        day = self._local_days.get(key)
        if day is None:
            day = self._local_days[key] = self._build_day(*key)
        return day

    def _holding(self, number: int) -> int:
        """Which windows begin on a local day, one bit each."""
        weekday = (number + _EPOCH_WEEKDAY) % 7
        return sum(1 << i for i, each in enumerate(self._windows) if each.holds(number, weekday))

    def _build_day(self, yesterday: int, today: int) -> _LocalDay:
        open_windows: list[tuple[int, int, str]] = []
        for i, window in enumerate(self._windows):
            if today >> i & 1:
                open_windows.append((window.start, min(window.end, _DAY_MINUTES), window.name))
            if yesterday >> i & 1 and window.end > _DAY_MINUTES:
                open_windows.append((0, window.end - _DAY_MINUTES, window.name))
        edges = {0, *(edge for start, end, _ in open_windows for edge in (start, end))}
        found: list[tuple[int, str]] = []
        for minute in sorted(edges - {_DAY_MINUTES}):
            names = (name for start, end, name in open_windows if start <= minute < end)
            name = next(names, self._default)
            if not found or found[-1][1] != name:
                found.append((minute, name))
        return tuple(found)


class _Window:
    """A band with its days as sets, and its end past midnight where it runs over it."""

    __slots__ = ("_dated", "_dates", "_weekdays", "_yearly", "end", "name", "start")

    def __init__(self, band: Band) -> None:
        self.name = band.name
        self.start = band.start
        self.end = band.end if band.end > band.start else band.end + _DAY_MINUTES
        self._weekdays = frozenset(WEEKDAYS.index(weekday) for weekday in band.weekdays)
        self._dated = band.dated
        self._dates = frozenset(band.dates)
        self._yearly = frozenset(band.yearly)

    def holds(self, number: int, weekday: int) -> bool:
        """True where the window begins on this local day."""
        if weekday not in self._weekdays:
            return False
        if not self._dated or number in self._dates:
            return True
        if not self._yearly:
            return False
        day = date.fromordinal(number + _EPOCH_ORDINAL)
        return day.month * 100 + day.day in self._yearly


def _offsets(
    first: Instant, last: Instant, zone_name: str
) -> tuple[tuple[Instant, Instant, Instant], ...]:
    """The stretches `(start, end, offset)` of a day `[first, last)` in which the offset stays.

    No zone changes its clock twice within 24 hours.
    """
    offset, changed = offset_at(first, zone_name), offset_at(last - 1, zone_name)
    if changed == offset:
        return ((first, last, offset),)
    change = clock_change(first, last - 1, zone_name)
    return (first, change, offset), (change, last, changed)
