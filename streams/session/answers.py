"""First answers, kept for those who ask again: what has been done is told, never done twice.

A session that runs keeps its last answer itself. Those of sessions that have ended, and of requests
without one, are kept in two groups, as ids of commands are: a tick that finds the newer group
`KEPT` old begins another and drops the older. So an answer is known for 24 hours of the partition's
time at least.
"""

from hashlib import blake2b
from typing import Final

import msgspec

from streams.model.charging_session import Answered, ChargingRequest
from streams.model.instant import DAY, Instant
from streams.state import State, Table

GROUP: Final = b"answers.group"
"""In META: number of the newest group."""
BEGAN: Final = b"answers.began"
"""In META: the partition's time when that group began; none before the first tick."""
KEPT: Final = DAY
_encode = msgspec.msgpack.Encoder().encode


def digest_of(request: ChargingRequest) -> bytes:
    """What a request says, whenever it was asked: 16 bytes."""
    said = (request.verb, request.service_id, request.services, request.validity)
    return blake2b(_encode(said), digest_size=16).digest()


def keep_answer(tenant: str, name: str, answered: Answered, state: State) -> None:
    """Keep the last answer under the session's name, or the request's."""
    state.put(Table.ANSWERS, _start_of(_newest(state)) + _digest(tenant, name), answered)


def kept_answer(tenant: str, name: str, state: State) -> Answered | None:
    """The last answer that was given under the name; None where there is none any more."""
    newest, digest = _newest(state), _digest(tenant, name)
    for group in (newest, newest - 1) if newest else (newest,):
        found: Answered | None = state.get(Table.ANSWERS, _start_of(group) + digest)
        if found is not None:
            return found
    return None


def drop_old_answers(time: Instant, state: State) -> None:
    """The partition's time is `time`: begin a group and drop one where it is due."""
    began: Instant | None = state.get(Table.META, BEGAN)
    if began is None:
        state.put(Table.META, BEGAN, time)
    elif time >= began + KEPT:
        former = _newest(state)
        state.put(Table.META, GROUP, former + 1)
        state.put(Table.META, BEGAN, time)
        state.drop(Table.ANSWERS, b"", _start_of(former))


def _newest(state: State) -> int:
    newest: int = state.get(Table.META, GROUP) or 0
    return newest


def _digest(tenant: str, name: str) -> bytes:
    return blake2b(f"{tenant}\0{name}".encode(), digest_size=16).digest()


def _start_of(group: int) -> bytes:
    return group.to_bytes(4, "big")
