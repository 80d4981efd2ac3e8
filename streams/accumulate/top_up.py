"""Money in: a wallet filled, or a debt paid; thresholds it leaves behind are told as recovered."""

from decimal import Decimal

from msgspec.structs import replace

from streams.accumulate.funds import money_place
from streams.accumulate.thresholds import OVERRUN, Watch
from streams.due.movement import Holder, Movement
from streams.model.account import Account, Balances, Bucket
from streams.model.command import TopUp
from streams.model.instant import month_of
from streams.model.money import CONTEXT, ZERO
from streams.rate.payer import floor_of
from streams.rate.plan import Plan
from streams.state import Effects, State, Table

FUNDING = "funding"
TOP_UP = "top_up"
"""The usage type of money that came in."""


def top_up(
    command: TopUp, *, plan: Plan | None, partition: int, state: State, effects: Effects
) -> None:
    """Add the amount to the account's money. An account not yet known finds it when it comes."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    balances: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(balances.buckets)
    place = money_place(buckets, command.currency)
    held = buckets[place]
    granted = CONTEXT.add(Decimal(held.granted), command.amount)
    remaining = CONTEXT.add(Decimal(held.remaining), command.amount)
    bucket = buckets[place] = replace(held, granted=granted, remaining=remaining)
    fired = balances.thresholds
    if account is not None and plan is not None and account.currency == command.currency:
        watch = Watch(command.tenant, command.account, fired=fired, at=command.occurred_at)
        _judge(watch, account, plan, bucket)
        fired = watch.fired
        effects.alerts += watch.alerts
    state.put(Table.BALANCES, key, Balances(tuple(buckets), fired, balances.due))
    movement = Movement(TOP_UP, command.command_id, command.occurred_at)
    movement.move(bucket, remaining, against=FUNDING, before=held.remaining)
    holder = Holder(command.tenant, command.account, command.root, command.currency)
    version = "" if plan is None else plan.version
    charge = movement.charge(holder, version=version, partition=partition)
    effects.make(charge, command)


def _judge(watch: Watch, account: Account, plan: Plan, bucket: Bucket) -> None:
    month = month_of(watch.occurred_at, account.time_zone).start
    remaining = Decimal(bucket.remaining)
    watch.money(plan.money_bounds.of(account), remaining, month=month)
    floor = floor_of(account)
    if floor is not None and remaining > floor:
        watch.leave(OVERRUN, resource=bucket.resource, level=CONTEXT.minus(floor), value=ZERO)
