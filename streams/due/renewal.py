"""Grants that renew themselves: each period after the first is paid for as it begins, or is none.

The account's money pays: wallets that are bound to no products, in their order, then its own as far
as a prepaid one has it and another may owe it.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.accumulate.funds import money_place
from streams.accumulate.group_money import floor_beside
from streams.accumulate.money_watch import watch_money
from streams.accumulate.watch import Seen, Watch, Watched
from streams.due.made import moment
from streams.due.moment import AccountMoment
from streams.due.movement import Movement, holder_of
from streams.model.account import Bucket, burn_order
from streams.model.grant import StandingGrant
from streams.model.instant import Instant
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.rate.payer import floor_of
from streams.state import Table

RENEWAL: Final = "renewal"
"""The usage type of what a renewal costs, and the rule of its line."""
NOT_RENEWED: Final = "not_renewed"
"""What the threshold of the alert begins with where money is short: `not_renewed:<grant>`."""
_REVENUE: Final = "revenue"


def pay_renewal(standing: StandingGrant, at: AccountMoment) -> bool:
    """Charge what the next period costs; False where there is too little money, which is told."""
    price, start = standing.renews_for, standing.until
    assert price is not None
    buckets = list(at.balances.buckets)
    draws = _draws(buckets, price, start, at)
    if draws is None:
        _tell_short(standing, price, start, at)
        return False
    cause = f"{standing.command_id}/{moment(start)}"
    movement = Movement(RENEWAL, cause, start, {"grant": standing.grant})
    for place, paid in draws:
        before = Decimal(buckets[place].remaining)
        after = CONTEXT.subtract(before, paid)
        buckets[place] = buckets[place].left_with(after)
        movement.move(buckets[place], after, against=_REVENUE, before=before)
    plan = at.plan_at(start)
    held = replace(at.balances, buckets=tuple(buckets))
    left = watch_money(at.account, held, at=start, plan=plan, state=at.state, effects=at.effects)
    # When the account falls due next is found when all of it has been folded.
    at.state.put(Table.BALANCES, at.key, replace(left, due=held.due))
    charge = movement.charge(holder_of(at.account), version=plan.version, partition=at.partition)
    line = ChargeLine(RENEWAL, standing.grant, at.account.currency, 1, price, price)
    at.tell(replace(charge, amount=price, lines=(line,), product=standing.allowance))
    return True


def _draws(
    buckets: list[Bucket], price: Decimal, start: Instant, at: AccountMoment
) -> list[tuple[int, Decimal]] | None:
    """How much each bucket pays, by its place; None where all of them hold too little."""
    currency, floor = at.account.currency, floor_of(at.account)
    wallets = [
        place
        for place, bucket in enumerate(buckets)
        if bucket.resource == currency
        and bucket.id
        and not bucket.group
        and bucket.pays("", start)
        and bucket.remaining > 0
    ]
    left, draws = price, list[tuple[int, Decimal]]()
    for place in sorted(wallets, key=lambda place: burn_order(buckets[place])):
        paid = min(left, Decimal(buckets[place].remaining))
        if paid:
            draws.append((place, paid))
            left = CONTEXT.subtract(left, paid)
    if not left:
        return draws
    own = money_place(buckets, currency)
    floor = floor_beside(buckets, own, floor)
    if floor is not None and CONTEXT.subtract(Decimal(buckets[own].remaining), left) < floor:
        return None
    return [*draws, (own, left)]


def _tell_short(standing: StandingGrant, price: Decimal, start: Instant, at: AccountMoment) -> None:
    """An alert: what it would have cost, and what there is of the account's money."""
    held, currency = at.balances, at.account.currency
    there = ZERO
    for bucket in held.buckets:
        if bucket.resource == currency and bucket.pays("", start):
            there = CONTEXT.add(there, Decimal(bucket.remaining))
    watch = Watch(Watched.of(at.account), fired=held.thresholds, at=start, notices={})
    name = f"{NOT_RENEWED}:{standing.grant}"
    watch.reach(Seen.of(name, resource=currency, level=price, value=there), start)
    at.state.put(Table.BALANCES, at.key, replace(held, thresholds=watch.fired))
    at.effects.alerts += watch.alerts
