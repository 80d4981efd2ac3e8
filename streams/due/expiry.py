"""Buckets whose period is over: what is left of them is forfeited, with postings of its own."""

from streams.due.made import last_of, moment
from streams.due.movement import Movement, holder_of
from streams.model.account import Account, Bucket
from streams.model.instant import Instant
from streams.model.loyalty import LOYALTY_LIABILITY
from streams.model.rated import RatedUsage
from streams.rate.plan import Plan

EXPIRY = "expiry"
"""The usage type of what was forfeited."""
BREAKAGE = "breakage"
"""The counter-account of money that was paid in and never used."""


def expire(
    account: Account, buckets: tuple[Bucket, ...], end: Instant, *, plan: Plan, partition: int
) -> RatedUsage | None:
    """The movement that takes back what is left of buckets that end at `end`.

    What is left of a wallet is money that came in: it is earned, not owed less.
    """
    movement = Movement(EXPIRY, f"{account.account}/{moment(end)}", last_of(end))
    for bucket in buckets:
        if bucket.end == end and bucket.remaining:
            against = "allowance_liability"
            if bucket.resource == account.currency:
                against = BREAKAGE
            elif bucket.resource in plan.points:
                against = LOYALTY_LIABILITY
            movement.move(bucket, 0, against=against, before=bucket.remaining)
    if not movement:
        return None
    return movement.charge(holder_of(account), version=plan.version, partition=partition)
