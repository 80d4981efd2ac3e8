"""Grants that came by command: opened at once or period by period, and taken back when void.

A grant waits for its account and catalog, then its first bucket opens, be its start past or still
to come: usage burns a bucket from its start on, and what was charged before stays as it was. What
had closed before the grant came does not open: its expiry was long told. Of a grant that recurs,
every next bucket opens at its time.
"""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from streams.due.agenda import put_balances
from streams.due.made import moment
from streams.due.moment import AccountMoment
from streams.due.movement import Movement, holder_of
from streams.due.renewal import pay_renewal
from streams.due.roll_over import rolled_id
from streams.model.account import Account, Balances, Bucket, burn_order
from streams.model.account_period import account_period
from streams.model.balance_command import GrantAllowance, VoidGrant
from streams.model.grant import Grants, StandingGrant
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.money import Quantity, added, minus
from streams.rate.carried import paid_by
from streams.rate.grant import rolls_over
from streams.rate.quantity import exact
from streams.state import Effects, State, Table
from streams.tenant_time import time_of

GRANT: Final = "grant"
"""The usage type of what was granted."""
VOID: Final = "void"
"""The usage type of what was taken back of a grant."""
RESET: Final = "reset"
"""The usage type of what was taken back of a grant that goes on with the rest."""
CARRY: Final = "carry"
"""The usage type of what a new grant pays of usage that was owed to it."""
LIABILITY: Final = "allowance_liability"
"""What stands against all that customers hold of allowances."""


def stand(command: GrantAllowance, state: State) -> None:
    """Note a grant; one of the same id that is still there keeps its place, and this one is none.

    So is a grant of nothing, or of no time.
    """
    key = f"{command.tenant}\0{command.account}".encode()
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    grants: Grants = state.get(Table.GRANTS, key) or Grants()
    names = {each.grant for each in grants.standing} | {each.id for each in held.buckets}
    if command.grant in names or command.quantity <= 0 or command.end <= command.start:
        return
    granted = StandingGrant(
        command.grant,
        command.command_id,
        command.allowance,
        exact(command.quantity),
        command.start,
        command.end,
        command.start,
        command.priority,
        command.products,
        time_of(command.tenant, state),
        command.every,
        command.roll_over,
        command.renews_for,
    )
    state.put(Table.GRANTS, key, Grants((*grants.standing, granted)))
    put_balances(key, held, replace(held, due=BEGINNING), state)


def waits_for(standing: StandingGrant) -> Instant:
    """The time at which its next bucket opens: the first one at once."""
    return BEGINNING if standing.until == standing.start else standing.until


def open_next(standing: StandingGrant, at: AccountMoment) -> StandingGrant | None:
    """Open its next bucket; the grant as it goes on, None where that was the last one."""
    start, every = standing.until, standing.every
    span, cause = Period(start, standing.end), standing.command_id
    if every is not None:
        closes = account_period(start, every, at.account).end
        span = Period(start, min(closes, standing.end))
        cause = f"{cause}/{moment(start)}"
    if span.end + at.grace > standing.since:
        is_renewed = standing.renews_for is not None and start > standing.start
        if is_renewed and not pay_renewal(standing, at):
            return None
        grant_bucket(_bucket(standing, span, at), cause, at)
    if every is None or span.end >= standing.end:
        return None
    return replace(standing, until=span.end)


def _bucket(standing: StandingGrant, span: Period, at: AccountMoment) -> Bucket:
    every = standing.every
    priority = standing.priority
    if priority is None:
        priority = at.plan_at(span.start).priorities.get(standing.allowance, 0)
    quantity, outlives = standing.quantity, None
    if standing.roll_over is not None and every is not None:
        outlives = rolls_over(
            standing.roll_over,
            quantity,
            every,
            closed_at=span.end,
            account=at.account,
            end=standing.end,
        )
    return Bucket(
        standing.allowance,
        *span,
        quantity,
        quantity,
        standing.grant,
        priority,
        standing.products,
        roll_over=outlives,
    )


def grant_bucket(bucket: Bucket, cause: str, at: AccountMoment) -> None:
    """Put a new bucket among those of the account, as a movement."""
    movement = Movement(GRANT, cause, bucket.start)
    movement.move(bucket, bucket.granted, against=LIABILITY, before=0)
    held = at.balances
    buckets = tuple(sorted((*held.buckets, bucket), key=burn_order))
    at.state.put(Table.BALANCES, at.key, replace(held, buckets=buckets))
    version = at.version_at(bucket.start)
    at.tell(movement.charge(holder_of(at.account), version=version, partition=at.partition))
    if bucket.resource in at.plan_at(bucket.start).carried:
        _carry(bucket, cause, at)


def _carry(bucket: Bucket, cause: str, at: AccountMoment) -> None:
    """A new bucket pays at once what is owed of its resource, as a movement of its own."""
    held = at.balances
    buckets = list(held.buckets)
    debt, paid = paid_by(bucket, buckets)
    if not paid:
        return
    movement = Movement(CARRY, cause, bucket.start)
    for place, moved in ((buckets.index(bucket), minus(paid)), (debt, paid)):
        before = buckets[place].remaining
        after = buckets[place] = buckets[place].left_with(added(before, moved))
        movement.move(after, after.remaining, against=LIABILITY, before=before)
    at.state.put(Table.BALANCES, at.key, replace(held, buckets=tuple(buckets)))
    version = at.version_at(bucket.start)
    at.tell(movement.charge(holder_of(at.account), version=version, partition=at.partition))


def void(
    command: VoidGrant, *, version: str, partition: int, state: State, effects: Effects
) -> None:
    """Take back what is left of a grant, with what of it was rolled over; nothing more comes of it.

    What was used stays used. A grant that is not there, or not any more, is void already.
    """
    key = f"{command.tenant}\0{command.account}".encode()
    if command.keeps is not None:
        movement = _reset(command, command.keeps, key, state)
        _tell(movement, command, version=version, partition=partition, state=state, effects=effects)
        return
    grants: Grants = state.get(Table.GRANTS, key) or Grants()
    left = tuple(each for each in grants.standing if each.grant != command.grant)
    if left != grants.standing:
        put_grants(left, key, state)
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    names = (command.grant, rolled_id(command.grant))
    voided = tuple(bucket for bucket in held.buckets if bucket.id in names)
    if not command.grant or not voided:
        return
    buckets = tuple(bucket for bucket in held.buckets if bucket not in voided)
    state.put(Table.BALANCES, key, replace(held, buckets=buckets))
    movement = Movement(VOID, command.command_id, command.occurred_at)
    for bucket in voided:
        if bucket.unused:
            movement.end(bucket, against=LIABILITY)
    _tell(movement, command, version=version, partition=partition, state=state, effects=effects)


def _reset(command: VoidGrant, keeps: Decimal, key: bytes, state: State) -> Movement:
    """Take back what is left above `keeps`, what burns last first; the rest is a new grant's.

    What sessions have set aside stays so. What is owed to a grant stays owed.
    """
    movement = Movement(RESET, command.command_id, command.occurred_at)
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    names = (command.grant, rolled_id(command.grant))
    buckets = list(held.buckets)
    stays: Quantity = exact(keeps)
    for place, bucket in enumerate(buckets):
        at = command.occurred_at
        if not command.grant or bucket.id not in names or not bucket.start <= at < bucket.end:
            continue
        left = min(bucket.remaining, stays)
        if bucket.remaining > 0:
            stays = added(stays, minus(left))
            if left < bucket.remaining:
                movement.move(bucket, left, against=LIABILITY, before=bucket.remaining)
        else:
            left = bucket.remaining
        buckets[place] = replace(bucket, granted=added(left, bucket.reserved), remaining=left)
    state.put(Table.BALANCES, key, replace(held, buckets=tuple(buckets)))
    return movement


def _tell(  # noqa: PLR0913 - a movement, what it came of, and where it is told
    movement: Movement,
    command: VoidGrant,
    *,
    version: str,
    partition: int,
    state: State,
    effects: Effects,
) -> None:
    account: Account | None = state.get(
        Table.ACCOUNTS, f"{command.tenant}\0{command.account}".encode()
    )
    if movement and account is not None:
        charge = movement.charge(holder_of(account), version=version, partition=partition)
        effects.make(charge, command)


def put_grants(standing: tuple[StandingGrant, ...], key: bytes, state: State) -> None:
    """Put what is still to come of grants."""
    if standing:
        state.put(Table.GRANTS, key, Grants(standing))
    else:
        state.delete(Table.GRANTS, key)
