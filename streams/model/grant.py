"""Grants of allowances: those beside a price plan, and what of a grant outlives its period."""

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from streams.model.billing_period import BillingPeriod
from streams.model.instant import BEGINNING, Instant
from streams.model.money import Quantity

GrantOpens = Literal["first_use", "period"]
"""When the bucket of a period opens: with its first usage, or as the period begins."""

GrantEnds = Literal["period", "service"]
"""When the bucket ends: with its period, or with the assignment of the service before that."""

PLAN_GRANT: Final = "grant/"
"""What the name of a price plan's grant begins with among what runs while a service is assigned."""


class RollOver(Struct, frozen=True, kw_only=True):
    """What is left of a period rolls over, once, for so many `periods` after it.

    All that has been rolled over and is still there is never more than `quantity`, nor more than
    `percent` of what the period was granted. None: no bound.
    """

    quantity: Decimal | None = None
    percent: Decimal | None = None
    periods: int = 1


class StandingGrant(Struct, frozen=True, array_like=True):
    """A grant that something is still to come of: its next bucket begins at `until`.

    `command_id` is what it came by. Without `every` it is one bucket from `start` to `end`, else
    one for each period. Without a `priority` it is the allowance's when the bucket opens. What was
    closed at the partition's time `since`, when it came, does not open any more. Each period after
    the first costs what it `renews_for`, and is the last without that; None: nothing.
    """

    grant: str
    command_id: str
    allowance: str
    quantity: Quantity
    start: Instant
    end: Instant
    until: Instant
    priority: int | None = None
    products: tuple[str, ...] = ()
    since: Instant = BEGINNING
    every: BillingPeriod | None = None
    roll_over: RollOver | None = None
    renews_for: Decimal | None = None


class Grants(Struct, frozen=True, array_like=True):
    """The grants of an account that something is still to come of, in the order they came."""

    standing: tuple[StandingGrant, ...] = ()
