"""Which accounts have something that falls due, by when: the table PERIODS.

An account stands there once, at `Balances.due`; so whoever touches it sees without another look
whether something is due, and a tick finds all that are. Accounts of a tenant with a time of its own
stand on an agenda of their own, the table OWN_PERIODS: the partition's time finds none of them.
"""

from typing import Final

from msgspec.structs import replace

from streams.model.account import Balances
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.state import TIME, State, Table
from streams.tenant_time import OwnTimes, own_times, tenant_of, time_of

_META: Final = Table.META
_PERIODS: Final = Table.PERIODS
_OWN_PERIODS: Final = Table.OWN_PERIODS
_SIGN: Final = 2**63
_BYTES: Final = 8
_JOINING: Final = b"own_times.joining"
"""In META: by tenant whose accounts are still joining its own agenda, how far that has come."""
_JOINING_AT_ONCE: Final = 2_000
"""Places of the agenda that are looked through at once for accounts of such a tenant."""


def put_balances(key: bytes, before: Balances, after: Balances, state: State) -> None:
    """Put what the account holds, and move it on the agenda where it falls due at another time."""
    if after.due != before.due:
        own = own_times(state)
        if own is not None and tenant_of(key) in own:
            _move_on_own(key, before.due, after.due, state)
        else:
            if before.due != FOREVER:
                state.delete(_PERIODS, due_key(before.due, key))
            if after.due != FOREVER:
                state.put(_PERIODS, due_key(after.due, key), 1)
    state.put(Table.BALANCES, key, after)


def _move_on_own(key: bytes, before: Instant, after: Instant, state: State) -> None:
    if before != FOREVER:
        place = due_key(before, key)
        if state.get(_PERIODS, place) is not None:
            state.delete(_PERIODS, place)
        else:
            state.delete(_OWN_PERIODS, own_key(before, key))
    if after != FOREVER:
        state.put(_OWN_PERIODS, own_key(after, key), 1)


def fall_due(key: bytes, due: Instant, state: State) -> None:
    """Have the account looked at once the tenant's time is `due`."""
    held: Balances = state.get(Table.BALANCES, key) or Balances()
    if due < held.due:
        put_balances(key, held, replace(held, due=due), state)


def due_key(at: Instant, key: bytes) -> bytes:
    """The account's place on the agenda: in the order of time."""
    return (at + _SIGN).to_bytes(_BYTES, "big") + key


def own_key(at: Instant, key: bytes) -> bytes:
    """The account's place on its tenant's agenda."""
    return key[: key.index(b"\0") + 1] + due_key(at, key)


def due_accounts(limit: int, state: State) -> tuple[list[bytes], bool]:
    """The keys of the accounts that have something due, the longest due first; `limit` at most.

    And whether there may be more, though they are fewer.
    """
    own = own_times(state)
    is_joining = own is not None and _join(state)
    return come_due((_PERIODS, _OWN_PERIODS), own, limit, state), is_joining


def come_due(
    tables: tuple[Table, Table], own: OwnTimes | None, limit: int, state: State
) -> list[bytes]:
    """Keys of two agendas whose time has come, `limit` at most; of each the longest due first.

    The first goes by the partition's time. The second goes by those of tenants that have a time of
    their own, or had one.
    """
    table, by_tenant = tables
    time: Instant = state.get(_META, TIME) or BEGINNING
    found = state.scan(table, b"", due_key(time + 1, b""), limit)
    due = [key[_BYTES:] for key, _ in found]
    for tenant in sorted(own or ()):
        if len(due) == limit:
            break
        start = tenant.encode() + b"\0"
        end = start + due_key(time_of(tenant, state) + 1, b"")
        found = state.scan(by_tenant, start, end, limit - len(due))
        due += [key[len(start) + _BYTES :] for key, _ in found]
    return due


def begin_own_agenda(tenant: str, state: State) -> None:
    """The tenant has a time of its own from now on: its accounts leave the partition's agenda."""
    joining: dict[str, bytes] = state.get(_META, _JOINING) or {}
    state.put(_META, _JOINING, {**joining, tenant: b""})


def _join(state: State) -> bool:
    """Move some accounts of such tenants to their own agendas; True where some may be left."""
    joining: dict[str, bytes] = state.get(_META, _JOINING) or {}
    left: dict[str, bytes] = {}
    for tenant, cursor in joining.items():
        found = state.scan(_PERIODS, cursor, b"\xff" * (_BYTES + 1), _JOINING_AT_ONCE)
        start = tenant.encode() + b"\0"
        for place, _ in found:
            if place.startswith(start, _BYTES):
                state.delete(_PERIODS, place)
                state.put(_OWN_PERIODS, start + place, 1)
        if len(found) == _JOINING_AT_ONCE:
            left[tenant] = found[-1][0] + b"\0"
    if left:
        state.put(_META, _JOINING, left)
    elif joining:
        state.delete(_META, _JOINING)
    return bool(left)
