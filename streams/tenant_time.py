"""A tenant's time: the partition's, or its own where a test tenant's time has been advanced.

Ticks move the partition's time, and with it all tenants but those that have a time of their own;
these are moved by `AdvanceClock` alone. Nothing that is kept by a tenant's time may read the
partition's.
"""

from typing import Final

from streams.model.instant import BEGINNING, Instant
from streams.state import TIME, State, Table

OWN_TIMES: Final = b"own_times"
"""In META: by tenant, its own time; None of one that goes by the partition's again. There is none
where no tenant's time was ever advanced."""

OwnTimes = dict[str, Instant | None]
"""By tenant."""

_META: Final = Table.META


def own_times(state: State) -> OwnTimes | None:
    """The tenants that have, or had, a time of their own; None: no tenant has."""
    found: OwnTimes | None = state.get(_META, OWN_TIMES)
    return found


def time_of(tenant: str, state: State) -> Instant:
    """The tenant's time; BEGINNING before the first tick."""
    own = own_times(state)
    time = None if own is None else own.get(tenant)
    if time is not None:
        return time
    told: Instant | None = state.get(_META, TIME)
    return BEGINNING if told is None else told


def time_of_key(key: bytes, state: State) -> Instant:
    """The time of the tenant whose key it is: `tenant NUL …`."""
    if own_times(state) is None:
        told: Instant | None = state.get(_META, TIME)
        return BEGINNING if told is None else told
    return time_of(tenant_of(key), state)


def end_own_time(tenant: str, own: OwnTimes, state: State) -> None:
    """The tenant goes by the partition's time again."""
    state.put(_META, OWN_TIMES, {**own, tenant: None})


def tenant_of(key: bytes) -> str:
    """The tenant that a key begins with."""
    return key[: key.index(b"\0")].decode()
