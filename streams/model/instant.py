"""Instants, periods and time zones. Time is data here: no function asks a clock.

An `Instant` is an `int`: microseconds since 1970-01-01T00:00:00Z. A period is half-open,
`start <= t < end`. Zone rules come from the pinned `tzdata` package, never from the machine, so
that the same record is folded into the same period everywhere.
"""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

zoneinfo.reset_tzpath(to=())

Instant = int
SECOND: Instant = 1_000_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 3600 * SECOND
DAY: Instant = 24 * HOUR

BEGINNING: Instant = -62_135_596_800 * SECOND
"""0001-01-01T00:00:00Z: before every event."""
FOREVER: Instant = 253_402_300_799 * SECOND
"""9999-12-31T23:59:59Z: after every event."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)


class Period(NamedTuple):
    """A half-open span of time."""

    start: Instant
    end: Instant


def instant_of(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def instant_of_day(day: date) -> Instant:
    """The instant at which a day begins in UTC."""
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY


def datetime_of(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def format_instant(instant: Instant) -> str:
    """RFC 3339 in UTC with microseconds: `2026-11-22T09:30:00.000000Z`."""
    second, micro = divmod(instant, SECOND)
    return f"{_to_the_second(second)}.{micro:06}Z"


@lru_cache(maxsize=1024)
def _to_the_second(second: int) -> str:
    """Most instants that are told at one time are of one second."""
    return datetime_of(second * SECOND).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1024)
def zone(name: str) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name; `zoneinfo.ZoneInfoNotFoundError` where there is none."""
    return zoneinfo.ZoneInfo(name)


def offset_at(instant: Instant, zone_name: str) -> Instant:
    """By how much the zone's clock is ahead of UTC, in whole seconds."""
    offset = datetime_of(instant).astimezone(zone(zone_name)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) * SECOND


def first_at(wall: Instant, zone_name: str) -> Instant:
    """The first instant at which the zone's clock shows `wall` or later, `wall` being counted as
    if the clock were UTC's.

    Of a time that comes twice that is the first; a time that the clock leaves out begins at the
    change. So a later `wall` never has an earlier instant.
    """
    naive = datetime_of(wall).replace(tzinfo=zone(zone_name))
    instant = instant_of(naive.astimezone(UTC))
    after = instant_of(naive.replace(fold=1).astimezone(UTC))
    if instant <= after:
        return instant
    # Left out: by the offset before the change it lies after it, by the one after, before.
    return clock_change(after, instant, zone_name)


def clock_change(before: Instant, after: Instant, zone_name: str) -> Instant:
    """When the zone's clock changes, to the second, in `(before, after]`, where it does so once."""
    offset = offset_at(before, zone_name)
    low, high = before // SECOND, after // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle * SECOND, zone_name) == offset:
            low = middle
        else:
            high = middle
    return high * SECOND


@lru_cache(maxsize=65536)
def _month_at(hour: int, zone_name: str) -> Period:
    local = datetime_of(hour * HOUR).astimezone(zone(zone_name))
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = (start + timedelta(days=32)).replace(day=1)
    return Period(instant_of(start.astimezone(UTC)), instant_of(following.astimezone(UTC)))


def month_of(instant: Instant, zone_name: str) -> Period:
    """The calendar month that holds `instant` in the zone."""
    found = _month_at(instant // HOUR, zone_name)
    # A zone off the whole hour (+05:45) can begin its month inside a UTC hour.
    if found.end <= instant:
        return _month_at(found.end // HOUR + 1, zone_name)
    return found
