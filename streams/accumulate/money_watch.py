"""Thresholds on money that a command has moved: judged as where usage moves it."""

from decimal import Decimal

from msgspec.structs import replace

from streams.accumulate.thresholds import OVERRUN, Watch
from streams.accumulate.wallets import money_of, own_money
from streams.model.account import Account, Balances
from streams.model.instant import Instant, month_of
from streams.model.money import CONTEXT, ZERO
from streams.rate.payer import floor_of
from streams.rate.plan import Plan
from streams.state import Effects


def watch_money(  # noqa: PLR0913 - whose money, when, and what was beyond it
    account: Account,
    balances: Balances,
    *,
    at: Instant,
    plan: Plan,
    effects: Effects,
    over: Decimal = ZERO,
) -> Balances:
    """The balances with the thresholds of their money as they stand now; alerts are told.

    `over` is what was taken beyond what the account may owe.
    """
    currency, buckets = account.currency, balances.buckets
    own, left = own_money(buckets, currency), money_of(buckets, currency)
    watch = Watch(account.tenant, account.account, fired=balances.thresholds, at=at)
    month = month_of(at, account.time_zone).start
    watch.money(plan.money_bounds.of(account), own, month=month, left=left)
    floor = floor_of(account)
    if floor is not None and over:
        level = CONTEXT.minus(floor)
        watch.reach(OVERRUN, month, resource=currency, level=level, value=over)
    elif floor is not None and (own > floor or left > own):
        watch.leave(OVERRUN, resource=currency, level=CONTEXT.minus(floor), value=ZERO)
    effects.alerts += watch.alerts
    return replace(balances, thresholds=watch.fired)
