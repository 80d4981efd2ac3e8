"""An account arrives from another root: what there is of it is put with what has come before it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from streams.accumulate.budgets import put_total
from streams.accumulate.partner_totals import plus
from streams.belongings import SERVICE, belonging
from streams.budgets import bring_budgets
from streams.command_ids import put_for_good
from streams.due.agenda import put_balances
from streams.due.leave import meter_prefix, under
from streams.due.movement import Movement, holder_of
from streams.due.transfer import IN_TRANSIT
from streams.model.account import (
    Account,
    Accumulators,
    Balances,
    Bucket,
    Fees,
    Service,
    ServiceAssignment,
)
from streams.model.account_prices import AccountPrices
from streams.model.billing import BilledUnits
from streams.model.charging_session import Reservations
from streams.model.command import AssignService
from streams.model.grant import Grants
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.money import Quantity, added
from streams.model.move_command import AccountWhole, TakeAccount
from streams.model.pool import Memberships
from streams.model.top_up_request import TopUpRequests
from streams.moved import Home, await_rest
from streams.ranges import note_range
from streams.session.moving import put_answers, put_sessions
from streams.state import Effects, State, Table
from streams.subscriptions import note_assignment
from streams.tenant_time import time_of

MOVED_IN: Final = "move_in"
"""The usage type of what came with an account."""
T = TypeVar("T")


def arrive(
    command: TakeAccount, home: Home, *, version: str, state: State, effects: Effects
) -> None:
    """Put a slice of the account where everything of it stands; it opens with the `whole`."""
    part = command.slice
    key = f"{command.tenant}\0{command.account}".encode()
    for suffix, tally in part.tallies:
        state.put(Table.TALLIES, key + b"\0" + suffix, tally)
    for suffix, session in part.sessions:
        state.put(Table.SESSION_TALLIES, key + b"\0" + suffix, session)
    for suffix, total in part.budget_totals:
        put_total(key + b"\0" + suffix, total, time_of(command.tenant, state), state)
    put_answers(key, part.answers, state)
    put_for_good(key, part.commands, state)
    if part.whole is not None:
        account = _put_whole(key, command, part.whole, state, effects)
        _put_balances(key, account, command, part.whole.balances, version, home, state, effects)
        if not part.is_last:
            await_rest(key, state)
    for service in part.services:
        _put_service(key, command.account, service, state, effects)
    for suffix, meter in part.meters:
        state.put(Table.METERS, meter_prefix(command.tenant, command.root) + suffix, meter)
    put_sessions(key, command.move, part.running, state)


def _put_whole(
    key: bytes, command: TakeAccount, whole: AccountWhole, state: State, effects: Effects
) -> Account:
    def put(table: Table, nothing: T, merged: Callable[[T], T]) -> bool:
        found: T = state.get(table, key) or nothing
        after = merged(found)
        if after != nothing:
            state.put(table, key, after)
        return after != nothing

    put(Table.ACCUMULATORS, Accumulators(), lambda here: _totals(whole.accumulators, here))
    put(Table.FEES, Fees(), lambda here: Fees(whole.fees.running + here.running))
    put(Table.GRANTS, Grants(), lambda here: Grants(whole.grants.standing + here.standing))
    put(Table.TOP_UP_REQUESTS, TopUpRequests(), lambda here: _top_ups(whole.top_ups, here))
    put(Table.BILLED_UNITS, BilledUnits(), lambda here: whole.billed)
    put(Table.RESERVATIONS, Reservations(), lambda here: whole.reserved)
    has_prices = put(
        Table.ACCOUNT_PRICES, AccountPrices(), lambda here: _price_lists(whole.prices, here)
    )
    has_pools = put(Table.POOLS, Memberships(), lambda here: _memberships(whole.memberships, here))
    account = replace(
        under(command.root, whole.account), has_prices=has_prices, has_pools=has_pools
    )
    if bring_budgets(account, whole.budgets, state, effects):
        account = replace(account, has_budgets=True)
    state.put(Table.ACCOUNTS, key, account)
    effects.facts.append(account)
    return account


def _totals(carried: Accumulators, here: Accumulators) -> Accumulators:
    for name, start, end, quantity in here.totals:
        carried = plus(carried, name, Period(start, end), quantity)
    return carried


def _top_ups(carried: TopUpRequests, here: TopUpRequests) -> TopUpRequests:
    return TopUpRequests(carried.requests + here.requests, carried.asked + here.asked)


def _price_lists(carried: AccountPrices, here: AccountPrices) -> AccountPrices:
    for each in here.lists:
        carried = carried.with_list(each)
    return carried


def _memberships(carried: Memberships, here: Memberships) -> Memberships:
    for each in here.memberships:
        carried = carried.joined(each)
    return carried


def _put_balances(  # noqa: PLR0913 - what was held, whose, and where that goes
    key: bytes,
    account: Account,
    command: TakeAccount,
    carried: Balances,
    version: str,
    home: Home,
    state: State,
    effects: Effects,
) -> None:
    """What was carried comes in beside what has been put here for the account before it came."""
    here: Balances = state.get(Table.BALANCES, key) or Balances()
    movement = Movement(MOVED_IN, command.move, command.occurred_at)
    met_here = {_name(each): each for each in here.buckets}
    buckets: list[Bucket] = []
    for bucket in carried.buckets:
        met = met_here.pop(_name(bucket), None)
        before: Quantity = 0 if met is None else met.remaining
        filled = bucket if met is None else _filled(met, bucket)
        buckets.append(filled)
        if bucket.unused:
            # What sessions have set aside came with it.
            whole = replace(bucket, reserved=0)
            movement.move(whole, filled.unused, against=IN_TRANSIT, before=before)
    merged = {_name(each) for each in here.buckets} - met_here.keys()
    buckets += [each for each in here.buckets if _name(each) not in merged]
    fired = tuple(sorted({*carried.thresholds, *here.thresholds}))
    after = Balances(tuple(buckets), fired, BEGINNING)
    put_balances(key, here, after, state)
    if movement:
        charge = movement.charge(holder_of(account), version=version, partition=home.partition)
        effects.make(charge, command)


def _name(bucket: Bucket) -> tuple[Any, ...]:
    """What tells a bucket from the others of its account."""
    return bucket.resource, bucket.start, bucket.end, bucket.id


def _filled(met: Bucket, bucket: Bucket) -> Bucket:
    return replace(
        bucket,
        granted=added(met.granted, bucket.granted),
        remaining=added(met.remaining, bucket.remaining),
    )


def _put_service(
    key: bytes, account: str, carried: Service, state: State, effects: Effects
) -> None:
    """Its assignments take the place of what is left of an earlier stay of the account here."""
    at = f"{carried.tenant}\0{carried.service_id}".encode()
    here: Service | None = state.get(Table.SERVICES, at)
    others = () if here is None else here.assignments
    gone = () if here is None else here.gone
    kept = [each for each in others if each.account != account]
    version = max(carried.version, 0 if here is None else here.version) + 1
    service = Service(
        carried.tenant,
        carried.service_id,
        tuple(sorted((*kept, *carried.assignments), key=_place)),
        version,
        carried.statuses or (() if here is None else here.statuses),
        carried.dated or (() if here is None else here.dated),
        tuple(each for each in gone if each.account != account),
    )
    state.put(Table.SERVICES, at, service)
    state.put(Table.BELONGINGS, belonging(key, SERVICE, carried.service_id.encode()), 1)
    effects.facts.append(service)
    note_range(carried.tenant, carried.service_id, state)
    for each in carried.assignments:
        note_assignment(_command_of(carried, each), state)


def _command_of(service: Service, each: ServiceAssignment) -> AssignService:
    """What would assign the service like this."""
    return AssignService(
        "",
        service.tenant,
        service.service_id,
        each.account,
        each.root,
        each.subscription,
        each.price_plan,
        each.start,
        each.end,
        each.supplements,
    )


def _place(each: Any) -> tuple[Instant, Instant, str]:
    return each.start, each.end, each.account
