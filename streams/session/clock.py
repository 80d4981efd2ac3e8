"""By whose clock sessions run, and which of them have come to their end: the table SESSION_ENDS.

Requests of a tenant with a time of its own are asked at that time, whenever they come. Its sessions
end by it too: they stand in OWN_SESSION_ENDS, where the partition's time finds none of them.
"""

from typing import Final

from msgspec.structs import replace

from streams.due.agenda import come_due, due_key, own_key
from streams.model.charging_session import ChargingRequest, ChargingSession
from streams.model.instant import Instant
from streams.state import State, Table
from streams.tenant_time import own_times, tenant_of

_ENDS: Final = Table.SESSION_ENDS
_OWN_ENDS: Final = Table.OWN_SESSION_ENDS
_JOINING_AT_ONCE: Final = 1_000


def by_own_clock(request: ChargingRequest, state: State) -> ChargingRequest:
    """The request at its tenant's own time; as it is where the tenant has none."""
    own = own_times(state)
    if own is None or request.expires:
        return request
    time = own.get(request.tenant)
    return request if time is None else replace(request, at=time)


def put_end(at: Instant, key: bytes, state: State) -> None:
    """The session of this key ends then, unless it is heard of again."""
    state.put(*_place(at, key, state), 1)


def delete_end(at: Instant, key: bytes, state: State) -> None:
    """It does not end then."""
    state.delete(*_place(at, key, state))


def ended_sessions(limit: int, state: State) -> list[bytes]:
    """The keys of sessions that have come to their end, those of a tenant the longest over first.

    At `expires_at` itself a session has ended.
    """
    # Those of tenants too that had a time of their own and go by the partition's again.
    return come_due((_ENDS, _OWN_ENDS), own_times(state), limit, state)


def begin_own_ends(tenant: str, state: State) -> None:
    """The tenant has a time of its own from now on: its sessions end by that.

    All that run are moved at once: they are those of a test.
    """
    start, end = tenant.encode() + b"\0", tenant.encode() + b"\1"
    while found := state.scan(Table.SESSIONS, start, end, _JOINING_AT_ONCE):
        for key, session in found:
            _move(session, key, state)
        start = found[-1][0] + b"\0"


def _move(session: ChargingSession, key: bytes, state: State) -> None:
    state.delete(_ENDS, due_key(session.expires_at, key))
    state.put(_OWN_ENDS, own_key(session.expires_at, key), 1)


def _place(at: Instant, key: bytes, state: State) -> tuple[Table, bytes]:
    own = own_times(state)
    if own is not None and tenant_of(key) in own:
        return _OWN_ENDS, own_key(at, key)
    return _ENDS, due_key(at, key)
