"""Bill units at their edges: what is billed, before any time, beyond all dates."""

import pytest

from streams.bill_units import unit_of_due, unit_of_usage
from streams.model.account import Account
from streams.model.billing import CALENDAR, Billing, BillingProfile, BillUnit
from streams.model.billing_period import BillingPeriod
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant

JANUARY: Instant = 1_767_225_600_000_000
FEBRUARY = JANUARY + 31 * DAY
MARCH = FEBRUARY + 28 * DAY
MONTHLY = BillingPeriod(id="billing", unit="month")


def account(billing: Billing | None = None) -> Account:
    return Account("t", "ada", "ada", "postpaid", "CHF", "UTC", billing=billing)


def test_what_fell_due_in_a_unit_that_is_billed_goes_into_the_open_one() -> None:
    billed = account(Billing((), FEBRUARY))
    assert unit_of_due(billed, FEBRUARY - 1, MARCH) == MARCH
    assert unit_of_due(billed, FEBRUARY, MARCH) == FEBRUARY
    assert unit_of_due(account(), FEBRUARY - 1, MARCH) == JANUARY


def test_a_longer_grace_does_not_open_a_billed_unit() -> None:
    billed = account(Billing((), FEBRUARY))
    assert unit_of_usage(billed, FEBRUARY - 1, FEBRUARY + HOUR, 9 * DAY) == FEBRUARY
    assert unit_of_usage(account(), FEBRUARY - 1, FEBRUARY + HOUR, 9 * DAY) == JANUARY


def test_before_the_first_tick_nothing_is_late() -> None:
    assert unit_of_usage(account(), JANUARY - 1, BEGINNING, 0) == JANUARY - 31 * DAY


def test_the_longer_grace_counts() -> None:
    assert BillUnit(JANUARY, FEBRUARY, 2).closes_at(1) == FEBRUARY + 2
    assert BillUnit(JANUARY, FEBRUARY, 2).closes_at(3) == FEBRUARY + 3


@pytest.mark.parametrize("at", [BEGINNING, FOREVER])
def test_what_is_dated_out_of_all_calendars_has_a_unit_too(at: Instant) -> None:
    for billing in (CALENDAR, Billing((BillingProfile(BEGINNING, MONTHLY),))):
        unit = billing.unit_at(at, "America/New_York")
        assert billing.unit_at(unit.start, "America/New_York").start == unit.start


def test_units_tile_the_time_around_profiles() -> None:
    weekly = BillingPeriod(id="billing", unit="week")
    billing = CALENDAR.with_profile(BillingProfile(JANUARY + 9 * DAY, weekly))
    billing = billing.with_profile(BillingProfile(FEBRUARY + DAY, MONTHLY, 5))
    at, ends = JANUARY - 40 * DAY, []
    while at < MARCH:
        unit = billing.unit_at(at, "UTC")
        assert unit.start <= at < unit.end
        assert not ends or unit.start == ends[-1]
        ends.append(unit.end)
        at = unit.end
    assert JANUARY + 9 * DAY in ends
    assert FEBRUARY + DAY in ends
    replaced = billing.with_profile(BillingProfile(FEBRUARY + DAY, weekly))
    assert [each.cycle for each in replaced.profiles] == [weekly, weekly]
