"""A dated change of status: of an account, or of one of its service ids."""

from msgspec.structs import replace

from streams.model.account import Account, Service
from streams.model.command import PutStatus
from streams.model.status import StatusMark, marked
from streams.state import Effects, State, Table
from streams.subscriptions import renew_accounts


def put_status(command: PutStatus, state: State, effects: Effects) -> None:
    """Mark what is there; what is not known yet has no status.

    The account or service changes with it: whoever knows a payer by it looks again, and what waits
    for it is tried again.
    """
    table, name = Table.ACCOUNTS, command.account
    if command.service_id:
        table, name = Table.SERVICES, command.service_id
    key = f"{command.tenant}\0{name}".encode()
    known: Account | Service | None = state.get(table, key)
    if known is None:
        return
    statuses = marked(known.statuses, StatusMark(command.start, command.status))
    if statuses == known.statuses:
        return
    changed = replace(known, statuses=statuses, version=known.version + 1)
    state.put(table, key, changed)
    effects.facts.append(changed)
    if isinstance(changed, Service):
        renew_accounts(None, changed, state, effects)
