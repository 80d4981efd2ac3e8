"""Bands in local time: switches, midnight, weekends, and clocks that change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from streams.model.catalog import WEEKDAYS, Band, TimeUnit
from streams.model.instant import MINUTE, SECOND, Instant, instant_of
from streams.rate.time_unit import BandCalendar

UNIT = TimeUnit(
    id="hours",
    bands=(
        Band(name="night", weekdays=WEEKDAYS, start=22 * 60, end=6 * 60),
        Band(name="peak", weekdays=WEEKDAYS[:5], start=8 * 60, end=20 * 60),
        Band(name="never", weekdays=WEEKDAYS[:5], start=9 * 60, end=10 * 60),
    ),
    default="offpeak",
)
CALENDAR = BandCalendar(UNIT)
ZONES = (
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Pacific/Chatham",
    "UTC",
)
CHANGES = (
    "2025-03-30T01:00:00",
    "2025-10-26T01:00:00",
    "2011-12-30T10:00:00",
    "2025-03-09T07:00:00",
    "2025-04-05T15:00:00",
    "2025-11-02T06:00:00",
)


def at(text: str) -> Instant:
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=UTC))


def band_by_clock(instant: Instant, zone_name: str) -> str:
    """What the local clock says, with nothing worked out before."""
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    local = utc.astimezone(ZoneInfo(zone_name))
    minute = local.hour * 60 + local.minute
    if minute >= 22 * 60 or minute < 6 * 60:
        return "night"
    if local.weekday() < 5 and 8 * 60 <= minute < 20 * 60:
        return "peak"
    return "offpeak"


@pytest.mark.parametrize(
    ("start", "end", "bands"),
    [
        ("2025-03-03T18:59:59", "2025-03-03T19:00:00", ["peak"]),
        ("2025-03-03T18:59:59", "2025-03-03T19:00:01", ["peak", "offpeak"]),
        ("2025-03-03T19:00:00", "2025-03-03T19:00:00", ["offpeak"]),
        ("2025-03-03T18:59:59.999999", "2025-03-03T18:59:59.999999", ["peak"]),
        ("2025-03-07T18:00:00", "2025-03-08T18:00:00", ["peak", "offpeak", "night", "offpeak"]),
        ("2025-03-03T23:00:00", "2025-03-04T01:00:00", ["night"]),
        ("2025-01-01T00:00:00", "2025-01-01T00:00:00", ["night"]),
    ],
)
def test_switches_in_winter_in_zurich(start: str, end: str, bands: list[str]) -> None:
    found = CALENDAR.segments(at(start), at(end), "Europe/Zurich")
    assert [segment.band for segment in found] == bands
    assert (found[0].start, found[-1].end) == (at(start), at(end))


def test_ten_thousand_calls_over_clock_changes_equal_the_clock_second_by_second() -> None:
    rng = Random(7)
    changes = [at(change) for change in CHANGES]
    for _ in range(10_000):
        zone_name = rng.choice(ZONES)
        start = rng.choice(changes) + rng.randrange(-86_400, 86_400) * SECOND
        end = start + rng.randrange(0, 7200) * SECOND
        segments = CALENDAR.segments(start, end, zone_name)
        assert segments[0].start == start
        assert segments[-1].end == end
        for one, other in pairwise(segments):
            assert one.end == other.start
            assert one.band != other.band
        for segment in segments:
            last = max(segment.start, segment.end - SECOND)
            for instant in (segment.start, last, rng.randrange(segment.start, last + 1)):
                assert segment.band == band_by_clock(instant, zone_name)


def test_a_call_of_a_day_is_cut_where_the_clock_says() -> None:
    start = at("2025-03-29T12:00:30")
    segments = CALENDAR.segments(start, start + 86_400 * SECOND, "Europe/Zurich")
    cuts = {segment.start for segment in segments[1:]}
    minutes = range(start // MINUTE * MINUTE, start + 86_400 * SECOND, MINUTE)
    expected = {
        minute
        for minute in minutes[1:]
        if band_by_clock(minute, "Europe/Zurich") != band_by_clock(minute - 1, "Europe/Zurich")
    }
    assert cuts == expected
