"""Points become money or an allowance: what ends first is taken first, what comes of it is new.

Points that were taken back after they had been converted are owed: they count against what is
there, so nothing is converted twice.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.accumulate.funds import money_place
from streams.accumulate.money_watch import watch_money
from streams.accumulate.not_done import NotDone, tell_not_done
from streams.bill_units import UNTOLD
from streams.due.agenda import put_balances
from streams.due.movement import Movement, holder_of
from streams.model.account import Account, Balances, Bucket, burn_order
from streams.model.balance_command import ConvertPoints
from streams.model.instant import FOREVER, Instant
from streams.model.loyalty import LOYALTY_LIABILITY, Conversion
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus
from streams.model.usage import UsageRecord
from streams.outcome import CommandReason
from streams.rate.plan import Plan
from streams.rate.quantity import exact
from streams.rate.rating import Rating
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

CONVERSION: Final = "conversion"
"""The usage type of converted points; as a counter-account, the money that they became."""
_ALLOWANCES: Final = "allowance_liability"


def convert_points(
    command: ConvertPoints, *, plan: Plan | None, partition: int, state: State, effects: Effects
) -> None:
    """Convert so many points, or say why not."""
    key = f"{command.tenant}\0{command.account}".encode()
    account: Account | None = state.get(Table.ACCOUNTS, key)
    terms = None if plan is None else plan.conversions.get(command.conversion)
    told = {"conversion": command.conversion}
    movement = Movement(CONVERSION, command.command_id, command.occurred_at, told)
    before: Balances = state.get(Table.BALANCES, key) or Balances()
    buckets = list(before.buckets)
    why = _not_done(command, account, terms, buckets)
    if why is not None:
        tell_not_done(why, movement, command, partition=partition, effects=effects)
        return
    assert plan is not None
    assert account is not None
    assert terms is not None
    where = (partition, state, effects)
    _convert(command, account, terms, plan, before, movement=movement, cause=command, where=where)


def convert_earned(
    rating: Rating, plan: Plan, partition: int, state: State, effects: Effects
) -> None:
    """Convert what nobody has to ask for, once a record has earned enough points."""
    record, account = rating.record, rating.payer.account
    for terms in plan.automatic:
        before: Balances = state.get(Table.BALANCES, rating.payer.key) or Balances()
        command = ConvertPoints(
            f"{record.source}/{record.event_id}/{record.part}/{terms.id}",
            record.tenant,
            account.account,
            account.root,
            terms.id,
            _whole(before.buckets, terms, record.occurred_at),
            record.occurred_at,
        )
        if command.points <= 0 or _not_done(command, account, terms, before.buckets) is not None:
            continue
        told = {"conversion": terms.id}
        movement = Movement(CONVERSION, command.command_id, command.occurred_at, told)
        where = (partition, state, effects)
        _convert(
            command,
            account,
            terms,
            plan,
            before,
            movement=movement,
            cause=record,
            where=where,
            bill_unit=rating.bill_unit,
        )


def _whole(buckets: Sequence[Bucket], terms: Conversion, at: Instant) -> Decimal:
    """Of the points that are there, whole times of the fewest that are converted."""
    there = ZERO
    for bucket in buckets:
        if bucket.resource == terms.source and at < bucket.end:
            there = CONTEXT.add(there, Decimal(bucket.remaining))
    return CONTEXT.multiply(CONTEXT.divide_int(there, terms.minimum), terms.minimum)


def _convert(  # noqa: PLR0913 - what is converted by whom, and where that goes
    command: ConvertPoints,
    account: Account,
    terms: Conversion,
    plan: Plan,
    before: Balances,
    *,
    movement: Movement,
    cause: ConvertPoints | UsageRecord,
    where: tuple[int, State, Effects],
    bill_unit: Instant = UNTOLD,
) -> None:
    partition, state, effects = where
    key = f"{command.tenant}\0{command.account}".encode()
    buckets = list(before.buckets)
    _take(command, terms, buckets, movement)
    time = time_of(command.tenant, state)
    end = max(command.occurred_at, time) + terms.kept if terms.kept else FOREVER
    _give(command, terms, buckets, plan.priorities, movement, end=end)
    after = replace(before, buckets=tuple(buckets))
    if end != FOREVER:
        after = replace(after, due=min(after.due, end + plan.grace))
    if terms.is_money:
        at = command.occurred_at
        after = watch_money(account, after, at=at, plan=plan, state=state, effects=effects)
    put_balances(key, before, after, state)
    charge = movement.charge(holder_of(account), version=plan.version, partition=partition)
    effects.make(replace(charge, bill_unit=bill_unit), cause)


def _not_done(
    command: ConvertPoints,
    account: Account | None,
    terms: Conversion | None,
    buckets: Sequence[Bucket],
) -> NotDone | None:
    """Why it cannot be done; None: it can."""
    if account is None:
        text = f"there is no account {command.account}"
        return NotDone(CommandReason.ACCOUNT_NOT_KNOWN, text, "account")
    if terms is None:
        text = f"the catalog has no conversion {command.conversion}"
        return NotDone(CommandReason.CONVERSION_NOT_KNOWN, text, "conversion")
    if terms.is_money and terms.target != account.currency:
        text = f"account {command.account} has {account.currency}, not {terms.target}"
        return NotDone(CommandReason.OTHER_CURRENCY, text, "conversion")
    if command.points < terms.minimum or not terms.worth(command.points):
        text = f"{command.points} is less than can be converted"
        return NotDone(CommandReason.TOO_FEW_POINTS, text, "points")
    places = _places(buckets, command, terms)
    there = sum((Decimal(buckets[place].remaining) for place in places), ZERO)
    if command.points > there:
        text = f"{command.points} is more than the {there} that account {command.account} has"
        return NotDone(CommandReason.NOT_ENOUGH_POINTS, text, "points")
    return None


def _places(buckets: Sequence[Bucket], command: ConvertPoints, terms: Conversion) -> list[int]:
    """Where points stand that have not ended, in the order they are taken."""
    found = [
        place
        for place, bucket in enumerate(buckets)
        if bucket.resource == terms.source and command.occurred_at < bucket.end
    ]
    return sorted(found, key=lambda place: burn_order(buckets[place]))


def _take(
    command: ConvertPoints, terms: Conversion, buckets: list[Bucket], movement: Movement
) -> None:
    left: Quantity = exact(command.points)
    for place in _places(buckets, command, terms):
        bucket = buckets[place]
        taken = min(left, bucket.remaining)
        if taken <= 0:
            continue
        after = added(bucket.remaining, minus(taken))
        buckets[place] = bucket.left_with(after)
        movement.move(bucket, after, against=LOYALTY_LIABILITY, before=bucket.remaining)
        left = added(left, minus(taken))


def _give(  # noqa: PLR0913 - what comes of which points, where, and until when
    command: ConvertPoints,
    terms: Conversion,
    buckets: list[Bucket],
    priorities: Mapping[str, int],
    movement: Movement,
    *,
    end: Instant,
) -> None:
    """What comes of it: the account's own money, or a bucket under the command's id."""
    worth, at = terms.worth(command.points), command.occurred_at
    if terms.is_money and not terms.kept:
        place = money_place(buckets, terms.target)
    else:
        priority = 0 if terms.is_money else priorities.get(terms.target, 0)
        bucket = Bucket(terms.target, at, end, 0, 0, command.command_id, priority)
        buckets.append(bucket)
        buckets.sort(key=burn_order)
        place = buckets.index(bucket)
    held = buckets[place]
    filled = buckets[place] = held.filled_with(Decimal(worth) if terms.is_money else worth)
    against = CONVERSION if terms.is_money else _ALLOWANCES
    movement.move(held, filled.remaining, against=against, before=held.remaining)
