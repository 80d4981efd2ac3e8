"""Bands in local time: switches, midnight, weekends, and clocks that change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.model.instant import MINUTE, SECOND, Instant, instant_of
from streams.model.time_unit import WEEKDAYS, Band, TimeUnit
from streams.rate.time_unit import BandCalendar
from tests.streams.rate import clock

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
        ("2025-03-03T23:00:00", "2025-03-04T05:00:00", ["night"]),
        ("2025-03-03T23:00:00", "2025-03-04T05:00:00.000001", ["night", "offpeak"]),
    ],
)
def test_switches_in_winter_in_zurich(start: str, end: str, bands: list[str]) -> None:
    found = CALENDAR.segments(at(start), at(end), "Europe/Zurich")
    assert [segment.band for segment in found] == bands
    assert (found[0].start, found[-1].end) == (at(start), at(end))


@pytest.mark.parametrize(
    "calls", [200, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_calls_over_clock_changes_equal_the_clock_second_by_second(calls: int) -> None:
    rng = Random(7)
    calendar = BandCalendar(clock.UNIT)
    moments = {zone_name: clock.changes(zone_name) for zone_name in clock.ZONES}
    for number in range(calls):
        zone_name = clock.ZONES[number % len(clock.ZONES)]
        start = rng.choice(moments[zone_name]) + rng.randrange(-7200, 7200) * SECOND
        end = start + rng.randrange(1, 5400) * SECOND
        segments = calendar.segments(start, end, zone_name)
        assert (segments[0].start, segments[-1].end) == (start, end)
        assert all(one.end == other.start for one, other in pairwise(segments))
        found = [(each.band, (each.end - each.start) // SECOND) for each in segments]
        assert found == clock.by_seconds(start, end, zone_name), (zone_name, start, end)


@given(st.sampled_from(clock.ZONES), st.integers(0, 40 * 366 * 1440), st.integers(0, 3 * 1440 * 60))
def test_any_call_of_up_to_three_days_has_the_bands_of_the_clock(
    zone_name: str, minute: int, seconds: int
) -> None:
    start = minute * MINUTE
    end = start + seconds * SECOND
    segments = BandCalendar(clock.UNIT).segments(start, end, zone_name)
    assert (segments[0].start, segments[-1].end) == (start, end)
    for segment in segments:
        last = max(segment.start, segment.end - SECOND)
        for instant in (segment.start, (segment.start + last) // 2, last):
            assert segment.band == clock.band_by_clock(instant, zone_name)


@pytest.mark.parametrize(
    ("local", "band"),
    [
        ("2025-04-30T23:59:59", "night"),
        ("2025-05-01T00:00:00", "holiday"),
        ("2025-05-01T23:59:59", "holiday"),
        ("2025-05-02T00:00:00", "night"),
        ("2025-10-25T23:59:59", "night"),
        ("2025-10-26T12:00:00", "holiday"),
        ("2025-10-27T00:00:00", "offpeak"),
        ("2031-10-26T12:00:00", "offpeak"),
        ("2025-07-01T11:59:59", "peak"),
        ("2025-07-01T12:00:00", "summer"),
        ("2025-07-03T11:59:59", "summer"),
        ("2025-07-03T12:00:00", "peak"),
        ("2025-06-02T12:29:59", "peak"),
        ("2025-06-02T12:30:00", "offpeak"),
        ("2025-06-02T13:00:00", "peak"),
    ],
)
def test_holidays_days_of_the_year_and_several_windows(local: str, band: str) -> None:
    assert BandCalendar(clock.UNIT).band_of(at(local), at(local), "UTC") == band


def test_a_window_past_midnight_belongs_to_the_day_it_begins_on() -> None:
    unit = TimeUnit(
        id="u",
        bands=(
            Band(
                name="eve",
                weekdays=WEEKDAYS,
                start=1320,
                end=360,
                dated=True,
                dates=(clock.day_number("2025-12-24"),),
            ),
        ),
        default="rest",
    )
    calendar = BandCalendar(unit)
    moments = ["24T21:59:59", "24T22:00:00", "25T05:59:59", "25T06:00:00", "25T22:00:00"]
    moments = [f"2025-12-{moment}" for moment in moments]
    found = [calendar.band_of(at(each), at(each), "UTC") for each in moments]
    assert found == ["rest", "eve", "eve", "rest", "rest"]


def test_a_band_lasts_until_its_switch() -> None:
    switch = at("2025-03-03T19:00:00")
    found = [CALENDAR.band_of(switch - 5, end, "Europe/Zurich") for end in (switch, switch + 1)]
    assert found == ["peak", None]


def test_the_units_own_time_zone_goes_before_the_accounts() -> None:
    fixed = BandCalendar(replace(UNIT, time_zone="Asia/Kathmandu"))
    moment = at("2025-03-03T02:15:00")
    assert fixed.band_of(moment, moment, "Europe/Zurich") == "peak"
    assert fixed.band_of(moment - 1, moment - 1, "Europe/Zurich") == "offpeak"


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
