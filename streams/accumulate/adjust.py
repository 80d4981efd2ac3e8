"""Adjustments: money given or taken by hand, with a reason, and approved where it is much.

Above the catalog's `approval_limit` of its currency somebody has to have approved it; else it is
refused, by a verdict on its record. What is taken comes from the wallet that is named, then from
the account's own money as far as that may go; the rest is owed on overrun, as usage beyond it is.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.accumulate.funds import money_place
from streams.accumulate.group_money import floor_beside, group_money_place
from streams.accumulate.money_watch import watch_money
from streams.accumulate.not_done import NotDone, tell_not_done
from streams.accumulate.top_up import wallet_place
from streams.accumulate.wallets import wallets_of
from streams.due.agenda import put_balances
from streams.due.movement import Movement, holder_of
from streams.model.account import Account, Balances, Bucket, burn_order
from streams.model.balance_command import Adjust
from streams.model.instant import FOREVER
from streams.model.money import CONTEXT, ZERO
from streams.outcome import CommandReason
from streams.rate.grant import group_bucket
from streams.rate.payer import floor_of
from streams.rate.plan import Plan
from streams.state import Effects, State, Table

ADJUSTMENT: Final = "adjustment"
"""The usage type of what was adjusted, and the counter-account that bears it."""
OVERRUN: Final = "overrun"


def adjust(
    command: Adjust, *, plan: Plan | None, partition: int, state: State, effects: Effects
) -> None:
    """Give or take the amount, or say why not."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    movement = Movement(ADJUSTMENT, command.command_id, command.occurred_at, _told(command))
    why = _not_done(command, account, plan)
    if why is not None:
        tell_not_done(why, movement, command, partition=partition, effects=effects)
        return
    assert account is not None
    before: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(before.buckets)
    if command.amount > ZERO:
        over = _give(command, buckets, movement)
    else:
        over = _take(command, buckets, movement, floor=floor_of(account))
    after = replace(before, buckets=tuple(buckets))
    if plan is not None:
        at = command.occurred_at
        after = watch_money(
            account, after, at=at, plan=plan, state=state, effects=effects, over=over
        )
    put_balances(key, before, after, state)
    version = "" if plan is None else plan.version
    charge = movement.charge(holder_of(account), version=version, partition=partition)
    effects.make(charge, command)


def _told(command: Adjust) -> dict[str, str]:
    """Why, for what, and who agreed: it stands with the movement."""
    told = {
        "reason": command.reason,
        "reference": command.reference,
        "approved_by": command.approved_by,
    }
    return {name: text for name, text in told.items() if text}


def _not_done(command: Adjust, account: Account | None, plan: Plan | None) -> NotDone | None:
    """Why it cannot be done; None: it can."""
    if account is None:
        text = f"there is no account {command.account}"
        return NotDone(CommandReason.ACCOUNT_NOT_KNOWN, text, "account")
    if command.currency != account.currency:
        text = f"account {command.account} has {account.currency}, not {command.currency}"
        return NotDone(CommandReason.OTHER_CURRENCY, text, "currency")
    limit = None if plan is None else plan.approval_limits.get(command.currency)
    if limit is not None and abs(command.amount) > limit and not command.approved_by:
        text = f"{command.amount} {command.currency} is above {limit}, and nobody approved it"
        return NotDone(CommandReason.NOT_APPROVED, text, "approved_by")
    return None


def _give(command: Adjust, buckets: list[Bucket], movement: Movement) -> Decimal:
    """More in the wallet that is named, for the subscription, or in the account's own money."""
    place = money_place(buckets, command.currency)
    if command.subscription:
        place = group_money_place(buckets, command.currency, command.subscription)
    elif command.wallet:
        at, name = command.occurred_at, command.wallet
        place = wallet_place(buckets, Bucket(command.currency, at, FOREVER, ZERO, ZERO, name))
    held = buckets[place]
    filled = buckets[place] = held.filled_with(command.amount)
    movement.move(filled, filled.remaining, against=ADJUSTMENT, before=held.remaining)
    return ZERO


def _take(
    command: Adjust, buckets: list[Bucket], movement: Movement, *, floor: Decimal | None
) -> Decimal:
    """Less in the wallet, then in the account's own money; what is beyond its floor is owed.

    It is as if it had never been put in: so it is not what usage has paid, and may come back.
    """
    left = CONTEXT.minus(command.amount)
    own = money_place(buckets, command.currency)
    floor = floor_beside(buckets, own, floor)
    for place in _named(buckets, command):
        left = CONTEXT.subtract(left, _less(buckets, place, left, movement))
    held = Decimal(buckets[own].remaining)
    free = left if floor is None else max(ZERO, CONTEXT.subtract(held, floor))
    over = max(ZERO, CONTEXT.subtract(left, free))
    _less(buckets, own, CONTEXT.subtract(left, over), movement, is_bound=False)
    if over:
        movement.owe(over, command.currency, OVERRUN, against=ADJUSTMENT)
    return over


def _named(buckets: list[Bucket], command: Adjust) -> list[int]:
    """The wallet that is named, or the subscription's money; of several the first that pays."""
    name = group_bucket(command.subscription) if command.subscription else command.wallet
    if not name:
        return []
    named = [place for place in wallets_of(buckets, command.currency) if buckets[place].id == name]
    return sorted(named, key=lambda place: burn_order(buckets[place]))


def _less(
    buckets: list[Bucket],
    place: int,
    amount: Decimal,
    movement: Movement,
    *,
    is_bound: bool = True,
) -> Decimal:
    """Take an amount out of a bucket, or what it holds where it is bound; what was taken."""
    bucket = buckets[place]
    held = Decimal(bucket.remaining)
    taken = min(amount, max(ZERO, held)) if is_bound else amount
    remaining = CONTEXT.subtract(held, taken)
    granted = CONTEXT.subtract(Decimal(bucket.granted), taken)
    buckets[place] = replace(bucket, granted=granted, remaining=remaining)
    if taken or not is_bound:
        movement.move(bucket, remaining, against=ADJUSTMENT, before=bucket.remaining)
    return taken
