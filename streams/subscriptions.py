"""Master and supplemental plans: what is sold on top of a subscription, and ends with it.

A supplemental plan is an assignment like any other, of a service id of its own, that names the
subscription it `supplements`: it has its own dates, status, fees and usage. Beside the subscription
stands which they are, so that the guide finds them from a service id of the master.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from streams.model.account import Account, Service, ServiceAssignment
from streams.model.command import AssignService, EndService
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.model.status import status_at
from streams.model.subscription import Subscription
from streams.state import Effects, State, Table


class Supplement(NamedTuple):
    """A supplemental plan: under which service id, from when until when."""

    service_id: str
    assignment: ServiceAssignment


def note_assignment(command: AssignService, state: State) -> None:
    """Keep which services a subscription has, and what supplements it."""
    if command.supplements:
        key = _key(command.tenant, command.account, command.supplements)
        known: Subscription = state.get(Table.SUBSCRIPTIONS, key) or Subscription()
        if command.service_id not in known.supplements:
            named = (*known.supplements, command.service_id)
            state.put(Table.SUBSCRIPTIONS, key, replace(known, supplements=named))
        whole = f"{command.tenant}\0{command.account}".encode()
        if state.get(Table.SUBSCRIPTIONS, whole) is None:
            state.put(Table.SUBSCRIPTIONS, whole, Subscription())
    if command.subscription != command.service_id:
        key = _key(command.tenant, command.account, command.subscription)
        known = state.get(Table.SUBSCRIPTIONS, key) or Subscription()
        if command.service_id not in known.services:
            services = (*known.services, command.service_id)
            state.put(Table.SUBSCRIPTIONS, key, replace(known, services=services))


def has_supplements(key: bytes, state: State) -> bool:
    """True where anything has ever supplemented a subscription of this account."""
    return state.get(Table.SUBSCRIPTIONS, key) is not None


def renew_accounts(before: Service | None, after: Service, state: State, effects: Effects) -> None:
    """Accounts change with what supplements their subscriptions: who knows a payer looks again."""
    assignments = (*after.assignments, *(() if before is None else before.assignments))
    for name in dict.fromkeys(each.account for each in assignments if each.supplements):
        key = f"{after.tenant}\0{name}".encode()
        account: Account | None = state.get(Table.ACCOUNTS, key)
        if account is not None:
            changed = replace(account, version=account.version + 1, has_supplements=True)
            state.put(Table.ACCOUNTS, key, changed)
            effects.facts.append(changed)


def cut_to_master(command: AssignService, state: State) -> AssignService:
    """What supplements a subscription that will have ended ends with it."""
    end = _end_of(command.tenant, command.account, command.supplements, state)
    if end is None or command.end <= end:
        return command
    return replace(command, end=max(end, command.start))


def ended_with(
    command: AssignService | EndService, before: Service | None, state: State
) -> Iterator[EndService]:
    """The ends of what supplements the subscriptions that the command has made end earlier."""
    named = dict.fromkeys(
        (each.account, each.root, each.subscription)
        for each in (() if before is None else before.assignments)
    )
    for account, root, subscription in named:
        known: Subscription | None = state.get(
            Table.SUBSCRIPTIONS, _key(command.tenant, account, subscription)
        )
        end = _end_of(command.tenant, account, subscription, state)
        if known is None or end is None or end == FOREVER:
            continue
        for each in _all(command.tenant, account, subscription, known.supplements, state):
            if each.assignment.end > end:
                yield EndService(
                    f"{command.command_id}/{each.service_id}",
                    command.tenant,
                    each.service_id,
                    root,
                    max(end, each.assignment.start),
                    "",
                )


def supplements_at(
    assignment: ServiceAssignment, tenant: str, at: Instant, state: State
) -> tuple[tuple[Supplement, ...], Period]:
    """What supplements the assignment's subscription at a time, and for how long just that does.

    The one that began last comes first; of those that began together, by their service ids.
    """
    key = _key(tenant, assignment.account, assignment.subscription)
    known: Subscription | None = state.get(Table.SUBSCRIPTIONS, key)
    start, end = BEGINNING, FOREVER
    found: list[Supplement] = []
    names = () if known is None else known.supplements
    for each in _all(tenant, assignment.account, assignment.subscription, names, state):
        for edge in _edges(each, tenant, state):
            if edge <= at:
                start = max(start, edge)
            else:
                end = min(end, edge)
        if _is_taken(each, tenant, at, state):
            found.append(each)
    found.sort(key=lambda each: (-each.assignment.start, each.service_id))
    return tuple(found), Period(start, end)


def _all(
    tenant: str, account: str, subscription: str, names: Iterable[str], state: State
) -> Iterator[Supplement]:
    for name in names:
        service = _service(tenant, name, state)
        for each in () if service is None else service.assignments:
            if each.supplements == subscription and each.account == account:
                yield Supplement(name, each)


def _edges(supplement: Supplement, tenant: str, state: State) -> Iterator[Instant]:
    """The times at which it begins or ends to count."""
    yield supplement.assignment.start
    yield supplement.assignment.end
    service = _service(tenant, supplement.service_id, state)
    for mark in () if service is None else service.statuses:
        yield mark.start


def _is_taken(supplement: Supplement, tenant: str, at: Instant, state: State) -> bool:
    if not supplement.assignment.start <= at < supplement.assignment.end:
        return False
    service = _service(tenant, supplement.service_id, state)
    return service is not None and status_at(service.statuses, at)[0] == "active"


def _end_of(tenant: str, account: str, subscription: str, state: State) -> Instant | None:
    """When the last assignment under a subscription ends; None where there is none."""
    known: Subscription | None = state.get(Table.SUBSCRIPTIONS, _key(tenant, account, subscription))
    names = (subscription, *(() if known is None else known.services))
    services = [_service(tenant, name, state) for name in dict.fromkeys(names)]
    return max(
        (
            each.end
            for service in services
            if service is not None
            for each in service.assignments
            if (each.account, each.subscription) == (account, subscription)
        ),
        default=None,
    )


def _service(tenant: str, service_id: str, state: State) -> Service | None:
    found: Service | None = state.get(Table.SERVICES, f"{tenant}\0{service_id}".encode())
    return found


def _key(tenant: str, account: str, subscription: str) -> bytes:
    return f"{tenant}\0{account}\0{subscription}".encode()
