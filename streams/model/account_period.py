"""Periods of one account: by the calendar of its zone, or by its own bill units."""

from typing import Final, Literal

from streams.model.account import Account
from streams.model.billing import CALENDAR
from streams.model.billing_period import BillingPeriod, PeriodUnit, period_at
from streams.model.instant import Instant, Period

BILLING_CYCLE: Final = "billing_cycle"
"""The name of the period that is the account's own."""
CYCLE: Final = BillingPeriod(id=BILLING_CYCLE, unit="month")
"""The account's bill units; calendar months, as it says by itself, where it has no profile."""

Recurrence = Literal[PeriodUnit, "billing_cycle"]
"""What a grant can come anew for: each period of a calendar's unit, or of the account's billing."""


def account_period(at: Instant, every: BillingPeriod, account: Account) -> Period:
    """The account's period that holds the instant.

    A bill unit is shorter than its cycle where a profile begins within it: so is the period then.
    """
    if every == CYCLE:
        unit = (account.billing or CALENDAR).unit_at(at, account.time_zone)
        return Period(unit.start, unit.end)
    return period_at(at, every, account.time_zone)


def whole_period(at: Instant, every: BillingPeriod, account: Account) -> BillingPeriod:
    """What the period that holds the instant is whole by: a bill unit by the cycle of then."""
    if every != CYCLE:
        return every
    return (account.billing or CALENDAR).cycle_at(at) or every


def recurring(every: Recurrence, anchor: Instant | None) -> BillingPeriod:
    """The periods that a grant comes anew for; billing has its anchor in the account's profile."""
    if every == "billing_cycle":
        return CYCLE
    return BillingPeriod(id=every, unit=every, anchor=anchor)
