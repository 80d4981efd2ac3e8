"""When: the time band of each part of a usage, in the account's time zone.

A band is asked by what the local clock shows. For each UTC day and zone the switches are worked out
once, from the zone's offset in force, so that clock changes need no case of their own: in the
night when the clock goes back, a switch at 02:30 happens twice; when it goes forward over 02:30, it
happens at the change.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from streams.model.catalog import WEEKDAYS, Band, TimeUnit
from streams.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, datetime_of, zone

_DAY_MINUTES = 1440
_WEEK_MINUTES = 7 * _DAY_MINUTES
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""
_DAYS_KEPT = 8192


class Segment(Struct, frozen=True, gc=False):
    """A stretch of time within one band."""

    band: str
    start: Instant
    end: Instant


class _Day(NamedTuple):
    starts: list[Instant]
    bands: list[str]


class BandCalendar:
    """A time unit compiled to the switches of a local week, and lazily to those of real days."""

    __slots__ = ("_days", "_week", "id")

    def __init__(self, unit: TimeUnit) -> None:
        self.id = unit.id
        self._week = _local_week(unit)
        self._days: dict[tuple[str, int], _Day] = {}

    def band_of(self, start: Instant, end: Instant, zone_name: str) -> str | None:
        """The one band of `[start, end)`; None where it spans a switch, or the end of a UTC day."""
        starts, bands = self._day(start // DAY, zone_name)
        place = bisect_right(starts, start)
        return bands[place - 1] if end <= starts[place] else None

    def segments(self, start: Instant, end: Instant, zone_name: str) -> list[Segment]:
        """Cut `[start, end)` at the switches; an instant is one segment without length."""
        band = self.band_of(start, end, zone_name)
        if band is not None:
            return [Segment(band, start, end)]
        cut: list[Segment] = []
        for number in range(start // DAY, max(start, end - 1) // DAY + 1):
            starts, bands = self._day(number, zone_name)
            for i, band in enumerate(bands):
                first, last = max(start, starts[i]), min(end, starts[i + 1])
                if first > last or (first == last and start < end) or starts[i + 1] <= start:
                    continue
                if cut and cut[-1].band == band:
                    cut[-1] = Segment(band, cut[-1].start, last)
                elif first < last or not cut:
                    cut.append(Segment(band, first, last))
        return cut

    def _day(self, number: int, zone_name: str) -> _Day:
        key = (zone_name, number)
        day = self._days.get(key)
        if day is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
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
        at = start
        while at < end:
            minutes = at // MINUTE
            in_week = (minutes + _EPOCH_WEEKDAY * _DAY_MINUTES) % _WEEK_MINUTES
            place = bisect_right(self._week.starts, in_week)
            yield at, self._week.bands[place - 1]
            following = self._week.starts[place] if place < len(self._week.starts) else None
            step = (_WEEK_MINUTES if following is None else following) - in_week
            at = (minutes + step) * MINUTE


def _local_week(unit: TimeUnit) -> _Day:
    """The week's switches in local minutes from Monday 00:00, without those that change nothing."""
    edges = {0}
    for band in unit.bands:
        for start, end in _windows(band):
            edges.add(start % _WEEK_MINUTES)
            edges.add(end % _WEEK_MINUTES)
    starts: list[int] = []
    bands: list[str] = []
    for minute in sorted(edges):
        name = _band_at(unit, minute)
        if not bands or bands[-1] != name:
            starts.append(minute)
            bands.append(name)
    return _Day(starts, bands)


def _windows(band: Band) -> Iterator[tuple[int, int]]:
    for weekday in band.weekdays:
        midnight = WEEKDAYS.index(weekday) * _DAY_MINUTES
        end = band.end if band.end > band.start else band.end + _DAY_MINUTES
        yield midnight + band.start, midnight + end


def _band_at(unit: TimeUnit, minute: int) -> str:
    for band in unit.bands:
        for start, end in _windows(band):
            if start <= minute < end or start <= minute + _WEEK_MINUTES < end:
                return band.name
    return unit.default


def _offset_at(instant: Instant, zone_name: str) -> Instant:
    offset = datetime_of(instant).astimezone(zone(zone_name)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) * SECOND


def _offsets(
    first: Instant, last: Instant, zone_name: str
) -> Iterator[tuple[Instant, Instant, Instant]]:
    """The stretches `(start, end, offset)` of `[first, last)` in which the offset stays."""
    start, offset = first, _offset_at(first, zone_name)
    at = first
    while at < last:
        following = min(at + HOUR, last)
        changed = _offset_at(following, zone_name)
        if changed != offset:
            low, high = at // SECOND, following // SECOND
            while high - low > 1:
                middle = (low + high) // 2
                if _offset_at(middle * SECOND, zone_name) == offset:
                    low = middle
                else:
                    high = middle
            if high * SECOND < last:
                yield start, high * SECOND, offset
                start, offset = high * SECOND, changed
        at = following
    yield start, last, offset
