"""Billing periods tile the time line, begin at their anchor, and follow clocks that change."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.billing_period import PERIOD_UNITS, BillingPeriod, period_at
from streams.model.instant import (
    DAY,
    HOUR,
    SECOND,
    Instant,
    datetime_of,
    first_at,
    instant_of,
    month_of,
    offset_at,
)

ZONES = (
    "Europe/Zurich",
    "America/New_York",
    "Asia/Beirut",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "UTC",
)


def at(text: str) -> Instant:
    return instant_of(datetime.fromisoformat(text).astimezone(UTC))


def told(instant: Instant, structure: BillingPeriod, zone_name: str = "UTC") -> tuple[str, str]:
    found = period_at(instant, structure, zone_name)
    start, end = (datetime_of(each).strftime("%Y-%m-%dT%H:%M") for each in found)
    return start, end


def every(unit: Any, number: int = 1, **words: Any) -> BillingPeriod:
    return BillingPeriod(id="p", unit=unit, every=number, **words)


@pytest.mark.parametrize(
    ("structure", "instant", "start", "end"),
    [
        (every("month"), "2024-02-29T23:59:59Z", "2024-02-01T00:00", "2024-03-01T00:00"),
        (every("month"), "2024-03-01T00:00:00Z", "2024-03-01T00:00", "2024-04-01T00:00"),
        (every("month", day=31), "2024-02-28T23:59:59Z", "2024-01-31T00:00", "2024-02-29T00:00"),
        (every("month", day=31), "2024-02-29T00:00:00Z", "2024-02-29T00:00", "2024-03-31T00:00"),
        (every("month", day=31), "2023-02-28T00:00:00Z", "2023-02-28T00:00", "2023-03-31T00:00"),
        (every("month", day=30), "2023-04-29T23:59:59Z", "2023-03-30T00:00", "2023-04-30T00:00"),
        (every("month", day=29), "2023-03-28T00:00:00Z", "2023-02-28T00:00", "2023-03-29T00:00"),
        (every("month", 2), "2024-02-01T00:00:00Z", "2024-01-01T00:00", "2024-03-01T00:00"),
        (
            every("month", 2, month=2),
            "2024-03-31T00:00:00Z",
            "2024-02-01T00:00",
            "2024-04-01T00:00",
        ),
        (every("quarter"), "2024-03-31T23:59:59Z", "2024-01-01T00:00", "2024-04-01T00:00"),
        (every("quarter", month=2), "2024-04-30T12:00:00Z", "2024-02-01T00:00", "2024-05-01T00:00"),
        (
            every("year", month=4, day=6),
            "2024-04-05T12:00:00Z",
            "2023-04-06T00:00",
            "2024-04-06T00:00",
        ),
        (
            every("year", anchor=at("2024-02-29T00:00:00Z")),
            "2025-02-28T00:00:00Z",
            "2025-02-28T00:00",
            "2026-02-28T00:00",
        ),
        (every("week"), "2024-01-07T23:59:59Z", "2024-01-01T00:00", "2024-01-08T00:00"),
        (every("week", weekday=2), "2024-01-03T00:00:00Z", "2024-01-03T00:00", "2024-01-10T00:00"),
        (
            every("week", 2, anchor=at("2024-01-03T12:00:00Z")),
            "2024-01-17T11:59:59Z",
            "2024-01-03T12:00",
            "2024-01-17T12:00",
        ),
        (every("day", minute=360), "2024-01-02T05:59:59Z", "2024-01-01T06:00", "2024-01-02T06:00"),
        (every("hour", 6), "2024-01-02T05:59:59Z", "2024-01-02T00:00", "2024-01-02T06:00"),
        (
            every("hour", 5, anchor=at("2024-01-01T01:00:00Z")),
            "2023-12-31T23:00:00Z",
            "2023-12-31T20:00",
            "2024-01-01T01:00",
        ),
    ],
)
def test_anchors_and_their_edges(
    structure: BillingPeriod, instant: str, start: str, end: str
) -> None:
    assert told(at(instant), structure) == (start, end)


def test_a_day_has_23_or_25_hours_when_the_clock_changes() -> None:
    for instant, hours in (("2025-03-30T12:00:00Z", 23), ("2025-10-26T12:00:00Z", 25)):
        found = period_at(at(instant), every("day"), "Europe/Zurich")
        assert found.end - found.start == hours * HOUR


def test_a_start_that_the_clock_leaves_out_is_the_change_and_of_two_the_first() -> None:
    structure = every("day", minute=150)
    zurich = "Europe/Zurich"
    skipped = told(at("2025-03-30T05:00:00Z"), structure, zurich)
    twice = told(at("2025-10-26T05:00:00Z"), structure, zurich)
    assert skipped == ("2025-03-30T01:00", "2025-03-31T00:30")
    assert twice == ("2025-10-26T00:30", "2025-10-27T01:30")


def test_a_day_that_a_zone_left_out_has_no_period() -> None:
    found = told(at("2011-12-30T12:00:00Z"), every("day"), "Pacific/Apia")
    assert found == ("2011-12-30T10:00", "2011-12-31T10:00")


def test_its_own_time_zone_goes_before_the_accounts() -> None:
    structure = every("day", time_zone="Asia/Kathmandu")
    assert told(at("2024-01-01T18:15:00Z"), structure, "UTC")[0] == "2024-01-01T18:15"


def test_months_equal_those_of_the_account() -> None:
    rng = Random(2)
    for _ in range(3000):
        zone_name = rng.choice(ZONES)
        instant = at("2000-01-01T00:00:00Z") + rng.randrange(30 * 366 * 86_400) * SECOND
        assert period_at(instant, every("month"), zone_name) == month_of(instant, zone_name)


@st.composite
def structures(draw: Any) -> BillingPeriod:
    anchor = draw(st.none() | st.integers(0, 60 * 366 * 86_400).map(lambda s: s * SECOND))
    return BillingPeriod(
        id="p",
        unit=draw(st.sampled_from(PERIOD_UNITS)),
        every=draw(st.integers(1, 25)),
        anchor=anchor,
        month=draw(st.integers(1, 12)),
        day=draw(st.integers(1, 31)),
        weekday=draw(st.integers(0, 6)),
        minute=draw(st.integers(0, 1439)),
    )


@given(structures(), st.integers(0, 70 * 366 * 86_400), st.sampled_from(ZONES))
def test_periods_tile_the_time_line(structure: BillingPeriod, seconds: int, zone_name: str) -> None:
    instant = seconds * SECOND
    found = period_at(instant, structure, zone_name)
    assert found.start <= instant < found.end
    assert period_at(found.start, structure, zone_name) == found
    assert period_at(found.end - 1, structure, zone_name) == found
    assert period_at(found.end, structure, zone_name).start == found.end
    assert period_at(found.start - 1, structure, zone_name).end == found.start


@given(structures(), st.sampled_from(ZONES))
def test_a_period_begins_at_the_anchor(structure: BillingPeriod, zone_name: str) -> None:
    if structure.anchor is None:
        return
    start = period_at(structure.anchor, structure, zone_name).start
    wall = structure.anchor + offset_at(structure.anchor, zone_name)
    exact = structure.unit == "hour" or first_at(wall, zone_name) == structure.anchor
    assert start == structure.anchor if exact else start <= structure.anchor


@given(st.integers(0, 70 * 366 * 86_400), st.integers(0, 2 * 86_400), st.sampled_from(ZONES))
def test_a_later_clock_time_is_never_earlier(seconds: int, more: int, zone_name: str) -> None:
    wall = seconds * SECOND
    found = first_at(wall, zone_name)
    assert found <= first_at(wall + more * SECOND, zone_name)
    assert found + offset_at(found, zone_name) >= wall
    assert abs(found - wall) <= DAY
