"""When an account is billed: profiles of cycle and grace, and the bill units that they cut.

Bill units tile the time line: each instant is in exactly one, and a unit is named by its start. A
profile begins a unit of its own, so the one before it ends there. Before the first profile, units
are the calendar months of the account's zone.
"""

from typing import NamedTuple

from msgspec import Struct

from streams.model.billing_period import BillingPeriod, period_at
from streams.model.instant import BEGINNING, FOREVER, Instant, month_of

_FIRST: Instant = -2_208_988_800_000_000
_LAST: Instant = 253_370_764_800_000_000
"""From 1900-01-01T00:00:00Z to 9999-01-01T00:00:00Z: what is dated otherwise is of the unit of
the first or the last moment."""


class BillingProfile(Struct, frozen=True, array_like=True):
    """From `start` on, units go by the periods of `cycle`.

    A unit takes late usage for `grace` past its end, and as long as the catalog's periods do.
    """

    start: Instant
    cycle: BillingPeriod
    grace: Instant = 0


class BillUnit(NamedTuple):
    """What a charge is billed with: all of `start <= t < end`, and what came too late before."""

    start: Instant
    end: Instant
    grace: Instant = 0

    def closes_at(self, grace: Instant) -> Instant:
        """From when on it takes nothing more; `grace` is the catalog's."""
        return self.end + max(self.grace, grace)


class Billing(Struct, frozen=True, array_like=True):
    """How an account is billed: its profiles by rising start.

    Units that end at `billed_until` or before are on invoices, or older than one that is.
    """

    profiles: tuple[BillingProfile, ...] = ()
    billed_until: Instant = BEGINNING

    def unit_at(self, at: Instant, zone_name: str) -> BillUnit:
        """The unit that holds an instant; `zone_name` is used where a cycle names no zone."""
        at, cut = min(max(at, _FIRST), _LAST), FOREVER
        for profile in reversed(self.profiles):
            if profile.start <= at:
                start, end = period_at(at, profile.cycle, zone_name)
                return BillUnit(max(start, profile.start), min(end, cut), profile.grace)
            cut = profile.start
        start, end = month_of(at, zone_name)
        return BillUnit(start, min(end, cut))

    def cycle_at(self, at: Instant) -> BillingPeriod | None:
        """The cycle that units go by at a time; None before the first profile."""
        before = [each.cycle for each in self.profiles if each.start <= at]
        return before[-1] if before else None

    def is_closed(self, unit: BillUnit, time: Instant, grace: Instant) -> bool:
        """True where the unit takes nothing more at a time; `grace` is the catalog's."""
        return unit.closes_at(grace) <= time or unit.end <= self.billed_until

    def with_profile(self, profile: BillingProfile) -> "Billing":
        """With one profile more, which takes the place of one with the same start."""
        others = [each for each in self.profiles if each.start != profile.start]
        profiles = sorted([*others, profile], key=lambda each: each.start)
        return Billing(tuple(profiles), self.billed_until)


CALENDAR = Billing()
"""Of an account without a profile, of which nothing is billed yet."""


class BilledUnit(Struct, frozen=True, array_like=True):
    """A unit that stands on an invoice of the outside billing system, since `at`."""

    start: Instant
    end: Instant
    invoice: str
    at: Instant


class BilledUnits(Struct, frozen=True, array_like=True):
    """The units of an account that are billed, by rising start."""

    units: tuple[BilledUnit, ...] = ()

    def invoice_of(self, start: Instant) -> str | None:
        """The invoice of the unit with this start; None: it is not billed."""
        return next((each.invoice for each in self.units if each.start == start), None)

    def with_unit(self, unit: BilledUnit) -> "BilledUnits":
        """With one unit more."""
        return BilledUnits(tuple(sorted([*self.units, unit], key=lambda each: each.start)))
