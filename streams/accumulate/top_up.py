"""Money in: a wallet filled, or a debt paid; thresholds it leaves behind are told as recovered."""

from typing import Final

from msgspec.structs import replace

from streams.accumulate.funds import money_place
from streams.accumulate.group_money import group_money_place
from streams.accumulate.money_watch import watch_money
from streams.due.agenda import put_balances
from streams.due.movement import Holder, Movement
from streams.model.account import Account, Balances, Bucket
from streams.model.balance_command import TopUp
from streams.model.command import Command
from streams.model.instant import FOREVER, Instant
from streams.model.money import ZERO
from streams.rate.plan import Plan
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

FUNDING: Final = "funding"
TOP_UP: Final = "top_up"
"""The usage type of money that came in."""


def top_up(  # noqa: PLR0913 - money, what it came by, and where it goes
    command: TopUp,
    *,
    plan: Plan | None,
    partition: int,
    state: State,
    effects: Effects,
    cause: Command | None = None,
) -> None:
    """Add the amount to the account's money, or to one of its wallets.

    `cause` is the command that it came by, where that is another.
    An account not yet known finds it when it comes.
    """
    key = f"{command.tenant}\0{command.account}".encode()
    balances: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(balances.buckets)
    place = _place(buckets, command, time_of(command.tenant, state))
    held = buckets[place]
    bucket = buckets[place] = held.filled_with(command.amount)
    filled = replace(balances, buckets=tuple(buckets))
    if bucket.end != FOREVER:
        grace = 0 if plan is None else plan.grace
        filled = replace(filled, due=min(balances.due, bucket.end + grace))
    account: Account | None = state.get(Table.ACCOUNTS, key)
    if account is not None and plan is not None and account.currency == command.currency:
        at = command.occurred_at
        filled = watch_money(account, filled, at=at, plan=plan, state=state, effects=effects)
    put_balances(key, balances, filled, state)
    movement = Movement(TOP_UP, command.command_id, command.occurred_at)
    movement.move(bucket, bucket.remaining, against=FUNDING, before=held.remaining)
    holder = Holder(command.tenant, command.account, command.root, command.currency)
    version = "" if plan is None else plan.version
    charge = movement.charge(holder, version=version, partition=partition)
    effects.make(charge, command if cause is None else cause)


def _place(buckets: list[Bucket], command: TopUp, time: Instant) -> int:
    """Where the bucket stands that is filled.

    Money for a wallet that is over before it came is the account's own: nothing could be paid by
    it, and what a wallet holds at its end is forfeited once.
    """
    currency, end = command.currency, command.end
    if command.subscription:
        return group_money_place(buckets, currency, command.subscription)
    if not command.wallet or end <= time:
        return money_place(buckets, currency)
    opened = Bucket(
        currency,
        command.occurred_at,
        end,
        ZERO,
        ZERO,
        command.wallet,
        command.priority,
        command.products,
    )
    place = wallet_place(buckets, opened)
    bucket = buckets[place]
    if end not in (FOREVER, bucket.end):
        buckets[place] = replace(bucket, end=max(bucket.end, end))
    return place


def wallet_place(buckets: list[Bucket], opened: Bucket) -> int:
    """Where a wallet stands that has not ended; `opened` is put first where there is none.

    Of several of its name, opened one after the other, it is the one that ends first. The
    account's own money stays last, where it is found at once.
    """
    at = opened.start
    found = [
        (bucket.end, bucket.start, place)
        for place, bucket in enumerate(buckets)
        if bucket.id == opened.id
        and bucket.resource == opened.resource
        and (bucket.end > at or bucket.start == at)
    ]
    if found:
        return min(found)[-1]
    buckets.insert(0, opened)
    return 0
