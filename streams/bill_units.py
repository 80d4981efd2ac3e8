"""Which bill unit a charge belongs to: exactly one, told as it is charged, and never changed.

Usage belongs to the unit of its time while that takes some, else to the one that is open: that of
the tenant's time. What falls due belongs to the unit it fell due in, whenever that is done; what is
made for a past that is closed, as by an assignment dated back, to the open one. What a command
moves belongs to the open unit, or to that of its own time where that is ahead. Of a billed unit
nothing changes, whatever comes.
"""

from msgspec.structs import replace

from streams.model.account import Account
from streams.model.billing import CALENDAR
from streams.model.instant import BEGINNING, Instant
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

UNTOLD: Instant = 0
"""The unit of a charge that nobody has told one yet."""


def unit_of_usage(account: Account, at: Instant, time: Instant, grace: Instant) -> Instant:
    """The start of the unit of usage at a time, when the tenant's is `time`."""
    billing, zone_name = account.billing or CALENDAR, account.time_zone
    unit = billing.unit_at(at, zone_name)
    if unit.end <= time and billing.is_closed(unit, time, grace):
        unit = billing.unit_at(time, zone_name)
    return unit.start


def unit_of_due(account: Account, at: Instant, time: Instant) -> Instant:
    """The start of the unit of what fell due at a time, done when the tenant's is `time`."""
    billing, zone_name = account.billing or CALENDAR, account.time_zone
    unit = billing.unit_at(at, zone_name)
    if unit.end <= billing.billed_until:
        unit = billing.unit_at(time, zone_name)
    return unit.start


def tell_units(effects: Effects, since: int, state: State) -> None:
    """Tell the charges from place `since` on, which a command has made, what they belong to."""
    for place in range(since, len(effects.rated)):
        charge = effects.rated[place]
        if charge.bill_unit == UNTOLD:
            tenant = charge.record.tenant
            account: Account | None = state.get(
                Table.ACCOUNTS, f"{tenant}\0{charge.account}".encode()
            )
            billing = (account and account.billing) or CALENDAR
            zone_name = "UTC" if account is None else account.time_zone
            at = max(charge.record.occurred_at, time_of(tenant, state), BEGINNING)
            unit = billing.unit_at(at, zone_name)
            effects.rated[place] = replace(charge, bill_unit=unit.start)
