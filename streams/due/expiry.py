"""Buckets whose period is over: what is left of them is forfeited, with postings of its own."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from streams.accumulate.money_watch import watch_money
from streams.due.made import last_of, moment
from streams.due.moment import AccountMoment
from streams.due.movement import Movement, holder_of
from streams.model.account import Bucket
from streams.model.instant import Instant
from streams.model.loyalty import LOYALTY_LIABILITY
from streams.rate.plan import Plan
from streams.state import Table

EXPIRY: Final = "expiry"
"""The usage type of what was forfeited."""
BREAKAGE: Final = "breakage"
"""The counter-account of money that was paid in and never used."""


def expire(end: Instant, at: AccountMoment) -> None:
    """Take back what is left of buckets that end at `end`, as one movement.

    What is left of a wallet is money that came in: it is earned, not owed less. Less money may be
    little money, which is told.
    """
    held, plan, account = at.balances, at.plan_at(end), at.account
    ending = [each for each in held.buckets if each.end == end and each.unused]
    movement = Movement(EXPIRY, _cause(account.account, end, ending), last_of(end))
    for bucket in ending:
        against = _borne_by(bucket.resource, account.currency, plan)
        movement.end(bucket, against=against)
    if movement:
        holder, version = holder_of(account), plan.version
        at.tell(movement.charge(holder, version=version, partition=at.partition))
    left = replace(held, buckets=tuple(each for each in held.buckets if each.end != end))
    if any(each.resource == account.currency for each in ending):
        left = watch_money(
            account, left, at=movement.at, plan=plan, state=at.state, effects=at.effects
        )
    # When the account falls due next is found when all of it has been folded.
    at.state.put(Table.BALANCES, at.key, replace(left, due=held.due))


def _cause(account: str, end: Instant, ending: Sequence[Bucket]) -> str:
    """What names the movement once for all.

    What a price plan grants ends with its period, once. A gift may come when others of its end are
    gone, and end at once: what is named ends under the first name.
    """
    names = {bucket.id for bucket in ending}
    first = min(names, default="")
    return f"{account}/{moment(end)}/{first}" if first else f"{account}/{moment(end)}"


def _borne_by(resource: str, currency: str, plan: Plan) -> str:
    """The counter-account that what is forfeited goes to."""
    if resource == currency:
        return BREAKAGE
    return LOYALTY_LIABILITY if resource in plan.points else "allowance_liability"
