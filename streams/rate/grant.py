"""What a price plan grants, compiled, and how much of it a period gets and leaves to the next ones.

The plain ones, a quantity for each period, need nothing of this file.
"""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from streams.model.account import Account, Bucket, RollsOver, ServiceAssignment
from streams.model.account_period import account_period, whole_period
from streams.model.billing_period import BillingPeriod, period_at
from streams.model.catalog import Allowance, Grant
from streams.model.days import share_of
from streams.model.fee import ProrateBy
from streams.model.grant import GrantEnds, GrantOpens, RollOver
from streams.model.instant import FOREVER, Instant, Period
from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.rate.quantity import exact
from streams.rate.spans import MONTH

_HUNDRED: Final = Decimal(100)
SHARED: Final = "*"
"""The one group of all subscriptions of an account whose price plans share a resource."""


class PlanGrant(Struct, frozen=True, gc=False):
    """What a price plan grants for each period of an allowance; `is_plain`: that quantity, to all
    that use it. `supplement`: of the plans that supplement the payer's, the how manieth's it is.
    `per_subscription`: each subscription has its own; those whose plans share it, `is_shared`, draw
    on each other's.
    """

    allowance: str
    quantity: Quantity
    priority: int = 0
    every: BillingPeriod = MONTH
    opens: GrantOpens = "first_use"
    ends: GrantEnds = "period"
    prorate: ProrateBy | None = None
    roll_over: RollOver | None = None
    is_plain: bool = True
    supplement: int = 0
    per_subscription: bool = False
    is_shared: bool = False

    def group_of(self, subscription: str) -> str:
        """Whose usage draws on what the subscription is granted."""
        return SHARED if self.is_shared else subscription


def plan_grant(grant: Grant, allowance: Allowance, shares: tuple[str, ...]) -> PlanGrant:
    """What a price plan grants of an allowance, compiled; `shares` are those of the plan."""
    is_own = allowance.per == "subscription"
    by_terms = grant.opens != "first_use" or grant.prorate is not None or is_own
    return PlanGrant(
        grant.allowance,
        exact(grant.quantity),
        allowance.priority,
        grant.every or MONTH,
        grant.opens,
        grant.ends,
        grant.prorate,
        grant.roll_over,
        not by_terms and grant.roll_over is None,
        per_subscription=is_own,
        is_shared=grant.allowance in shares,
    )


def balance_group(assignment: ServiceAssignment) -> str:
    """The subscription whose balances usage draws on: a supplement has those of its master."""
    return assignment.supplements or assignment.subscription


def group_bucket(group: str) -> str:
    """The id of what the price plan of a subscription grants to it alone."""
    return f"sub:{group}"


def supplement_bucket(service_id: str) -> str:
    """The id of what a supplemental plan grants: each has buckets of its own."""
    return f"plan:{service_id}"


def plan_bucket(
    grant: PlanGrant, period: Period, start: Instant, *, assigned: Period, account: Account
) -> Bucket:
    """The bucket of a period, from `start` on, for a service that is assigned for a time.

    Its share is by what is known of the assignment's end when it opens. A bill unit that is shorter
    than its cycle has its share too.
    """
    quantity = grant.quantity
    span = Period(max(period.start, assigned.start), min(period.end, assigned.end))
    every = whole_period(period.start, grant.every, account)
    zone_name = account.time_zone
    if grant.prorate is not None and span != period_at(period.start, every, zone_name):
        part, whole = share_of(span, every, grant.prorate, zone_name)
        product = CONTEXT.multiply(Decimal(quantity), Decimal(part))
        quantity = exact(quantize_line(CONTEXT.divide(product, Decimal(whole))))
    is_with_service = grant.ends == "service"
    end = min(period.end, assigned.end) if is_with_service else period.end
    outlives = None
    if grant.roll_over is not None:
        outlives = rolls_over(
            grant.roll_over,
            quantity,
            grant.every,
            closed_at=end,
            account=account,
            end=assigned.end if is_with_service else FOREVER,
        )
    return Bucket(
        grant.allowance,
        start,
        end,
        quantity,
        quantity,
        priority=grant.priority,
        roll_over=outlives,
    )


def rolls_over(  # noqa: PLR0913 - the terms, and the period they are for
    terms: RollOver,
    granted: Quantity,
    every: BillingPeriod,
    *,
    closed_at: Instant,
    account: Account,
    end: Instant = FOREVER,
) -> RollsOver | None:
    """How much of a period's grant outlives it, and until when; none where the grant ends before.

    `end` is the end of the grant as a whole.
    """
    most = granted
    if terms.percent is not None:
        share = CONTEXT.multiply(Decimal(granted), terms.percent)
        most = exact(quantize_line(CONTEXT.divide(share, _HUNDRED)))
    if terms.quantity is not None:
        most = min(most, exact(terms.quantity))
    until = closed_at
    for _ in range(terms.periods):
        until = account_period(until, every, account).end
    until = min(until, end)
    return RollsOver(most, until) if until > closed_at and most > 0 else None
