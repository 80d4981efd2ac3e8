"""Thresholds on money that a command has moved: judged as where usage moves it."""

from decimal import Decimal

from msgspec.structs import replace

from streams.accumulate.ask_top_up import ask_top_ups
from streams.accumulate.standing import account_at
from streams.accumulate.thresholds import judge_money
from streams.accumulate.wallets import money_of, own_money
from streams.accumulate.watch import OVERRUN, Seen, Watch, Watched
from streams.model.account import Account, Balances
from streams.model.instant import Instant, month_of
from streams.model.money import CONTEXT, ZERO
from streams.rate.payer import floor_of
from streams.rate.plan import Plan
from streams.state import Effects, State
from streams.tenant_time import time_of


def watch_money(  # noqa: PLR0913 - whose money, when, and what was beyond it
    account: Account,
    balances: Balances,
    *,
    at: Instant,
    plan: Plan,
    state: State,
    effects: Effects,
    over: Decimal = ZERO,
) -> Balances:
    """The balances with the thresholds of their money as they stand now; alerts are told.

    They fall due where an answer to what was asked for has time until then.
    `over` is what was taken beyond what the account may owe.
    """
    currency, buckets = account.currency, balances.buckets
    own, left = own_money(buckets, currency), money_of(buckets, currency)
    notices = plan.thresholds.notices
    whose = Watched.of(account_at(account, at, plan=plan, state=state))
    watch = Watch(whose, fired=balances.thresholds, at=at, notices=notices)
    month = month_of(at, account.time_zone).start
    judge_money(watch, plan.thresholds.money.of(account), own, month=month, left=left)
    floor = floor_of(account)
    if floor is not None and over:
        level = CONTEXT.minus(floor)
        beyond = Seen.of(OVERRUN, resource=currency, level=level, value=over)
        watch.reach(beyond, month, OVERRUN)
    elif floor is not None and (own > floor or left > own):
        level = CONTEXT.minus(floor)
        watch.leave(Seen.of(OVERRUN, resource=currency, level=level, value=ZERO))
    effects.alerts += watch.alerts
    after = replace(balances, thresholds=watch.fired)
    if watch.low:
        asked_at = max(at, time_of(account.tenant, state))
        alerts, due = ask_top_ups(account, watch.low, at=asked_at, state=state)
        effects.alerts += alerts
        after = replace(after, due=min(after.due, due))
    return after
