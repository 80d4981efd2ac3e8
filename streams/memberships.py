"""Which pools an account draws on."""

from msgspec.structs import replace

from streams.model.account import Account
from streams.model.balance_command import JoinPool, LeavePool
from streams.model.pool import Memberships
from streams.state import Effects, State, Table


def put_membership(command: JoinPool | LeavePool, state: State, effects: Effects) -> None:
    """The account changes with its pools: whoever knows a payer by it looks again."""
    key = f"{command.tenant}\0{command.account}".encode()
    known: Memberships = state.get(Table.POOLS, key) or Memberships()
    if isinstance(command, JoinPool):
        after = known.joined(command.membership)
    else:
        after = known.left(command.pool, command.end)
    if after == known:
        return
    state.put(Table.POOLS, key, after)
    account: Account | None = state.get(Table.ACCOUNTS, key)
    if account is not None:
        changed = replace(account, version=account.version + 1, has_pools=True)
        state.put(Table.ACCOUNTS, key, changed)
        effects.facts.append(changed)
