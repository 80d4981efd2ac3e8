"""Parts of billing periods: days of the local calendar, elapsed time, several periods together."""

import pytest

from connectors.catalog.resolution.dates import instant_at
from streams.model.billing_period import BillingPeriod
from streams.model.days import Share, days_of, share_of
from streams.model.instant import Instant, Period

MONTH = BillingPeriod(id="month", unit="month")
HOURS = BillingPeriod(id="hours", unit="hour", every=6)


def at(text: str) -> Instant:
    found = instant_at(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("start", "end", "zone", "days"),
    [
        ("2025-04-10", "2025-05-01", "UTC", 21),
        ("2025-04-10T23:59:59Z", "2025-05-01", "UTC", 21),
        # The night of the change of the clock is a day like any other.
        ("2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z", "Europe/Zurich", 1),
        ("2025-04-10T00:00:00Z", "2025-04-10T23:59:59Z", "UTC", 0),
        ("2025-04-09T22:00:00Z", "2025-04-10T21:59:59Z", "Europe/Zurich", 0),
    ],
)
def test_days_are_those_of_the_calendar(start: str, end: str, zone: str, days: int) -> None:
    assert days_of(Period(at(start), at(end)), zone) == days


@pytest.mark.parametrize(
    ("start", "end", "by", "share"),
    [
        ("2025-04-01", "2025-05-01", "day", Share(30, 30)),
        ("2025-04-16T12:00:00Z", "2025-05-01", "day", Share(15, 30)),
        ("2025-04-16", "2025-04-20", "day", Share(4, 30)),
        ("2025-04-16", "2025-06-01", "day", Share(3, 2)),
        ("2025-04-16", "2025-06-02", "day", Share(23, 15)),
        ("2025-04-16", "2025-05-01", "exact", Share(15 * 86_400_000_000, 30 * 86_400_000_000)),
        ("2025-04-16", "2025-04-16", "day", Share(0, 30)),
    ],
)
def test_a_share_is_that_of_its_periods(start: str, end: str, by: str, share: Share) -> None:
    found = share_of(Period(at(start), at(end)), MONTH, by, "UTC")  # type: ignore[arg-type]
    assert found == share


def test_a_period_without_a_day_goes_by_elapsed_time() -> None:
    span = Period(at("2025-04-16T07:30:00Z"), at("2025-04-16T12:00:00Z"))
    assert share_of(span, HOURS, "day", "UTC") == Share(16_200_000_000, 21_600_000_000)
