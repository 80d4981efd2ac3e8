"""Service ids and whom they belong to: assigned, and ended."""

from msgspec.structs import replace

from streams.belongings import SERVICE, belonging
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.command import AssignService, EndService
from streams.ranges import clash_of, note_range, tell_clash
from streams.state import Effects, State, Table
from streams.subscriptions import cut_to_master, note_assignment, renew_accounts


def assign_service(command: AssignService, partition: int, state: State, effects: Effects) -> None:
    """Of the same root, what overlaps ends at the new start; another root's claim stays beside.

    A range of numbers is not assigned where one of the same width has some of them.
    """
    clash = clash_of(command, state)
    if clash:
        tell_clash(command, clash, partition, state, effects)
        return
    if command.supplements:
        command = cut_to_master(command, state)
    note_assignment(command, state)
    note_range(command.tenant, command.service_id, state)
    key = f"{command.tenant}\0{command.service_id}".encode()
    known: Service | None = state.get(Table.SERVICES, key)
    account = f"{command.tenant}\0{command.account}".encode()
    owner: Account | None = state.get(Table.ACCOUNTS, account)
    root = command.root if owner is None else owner.root
    former = () if known is None else known.assignments
    homes = max((each.homes for each in former), default=(), key=len)
    kept: list[ServiceAssignment] = []
    for each in former:
        overlaps = each.start < command.end and command.start < each.end
        if each.root != root or not overlaps:
            kept.append(each)
        elif each.start < command.start:
            kept.append(replace(each, end=command.start))
    kept.append(
        ServiceAssignment(
            command.account,
            root,
            command.subscription,
            command.price_plan,
            command.start,
            command.end,
            supplements=command.supplements,
            homes=homes,
        )
    )
    state.put(Table.BELONGINGS, belonging(account, SERVICE, command.service_id.encode()), 1)
    kept.sort(key=lambda each: (each.start, each.end, each.account))
    _put_service(command.tenant, command.service_id, known, kept, state=state, effects=effects)


def end_service(command: EndService, state: State, effects: Effects) -> None:
    """The assignment in force at `end` ends there; a service that is not known has none."""
    key = f"{command.tenant}\0{command.service_id}".encode()
    known: Service | None = state.get(Table.SERVICES, key)
    if known is None:
        return
    changed = [
        replace(each, end=command.end, moved_to=command.moved_to)
        if ends(command, each, state)
        else each
        for each in known.assignments
    ]
    _put_service(command.tenant, command.service_id, known, changed, state=state, effects=effects)


def ends(command: EndService, each: ServiceAssignment, state: State) -> bool:
    """True where the assignment is in force then, of the account that is meant.

    The root may be one that the account has had before.
    """
    if not each.start <= command.end <= each.end or command.account not in ("", each.account):
        return False
    owner: Account | None = state.get(Table.ACCOUNTS, f"{command.tenant}\0{each.account}".encode())
    return each.root == command.root or (owner is not None and owner.is_under(command.root))


def _put_service(  # noqa: PLR0913 - a service by its parts, and where it goes
    tenant: str,
    service_id: str,
    known: Service | None,
    assignments: list[ServiceAssignment],
    *,
    state: State,
    effects: Effects,
) -> None:
    version = 1 if known is None else known.version + 1
    statuses = () if known is None else known.statuses
    dated, gone = ((), ()) if known is None else (known.dated, known.gone)
    service = Service(tenant, service_id, tuple(assignments), version, statuses, dated, gone)
    state.put(Table.SERVICES, f"{tenant}\0{service_id}".encode(), service)
    effects.facts.append(service)
    renew_accounts(known, service, state, effects)
