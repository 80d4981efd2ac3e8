"""First answers, kept for those who ask again: what has been done is told, never done twice.

A session that runs keeps its last answer itself. Those of sessions that have ended, and of requests
without one, are kept in two groups, as ids of commands are: a tick that finds the newer group
a day old begins another and drops the older. So an answer is known for 24 hours of the partition's
time at least.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final

import msgspec

from streams.generations import Generations
from streams.model.charging_session import Answered, ChargingRequest
from streams.model.instant import DAY
from streams.state import State, Table

ANSWERS: Final = Generations(Table.ANSWERS, "answers", DAY, (Table.ACCOUNT_ANSWERS,))
"""The answers that are kept."""
_encode = msgspec.msgpack.Encoder().encode


DEBIT: Final = "debit\0"
REFUND: Final = "refund\0"
"""What the names of requests without a session begin with: they have names of their own."""


def kept_name(request: ChargingRequest) -> str:
    """The name that the request's last answer is kept by."""
    if request.verb == "debit":
        return f"{DEBIT}{request.session}"
    return f"{REFUND}{request.session}" if request.verb == "refund" else request.session


def digest_of(request: ChargingRequest) -> bytes:
    """What a request says, whenever it was asked: 16 bytes."""
    said: tuple[Any, ...] = (
        request.verb,
        request.service_id,
        request.services,
        request.validity,
        request.refers,
    )
    if request.follow is not None:
        said = (*said, request.follow)
    return blake2b(_encode(said), digest_size=16).digest()


def keep_answer(tenant: str, name: str, answered: Answered, state: State) -> None:
    """Keep the last answer under the session's name, or the request's.

    What an account was charged or given back for is found by it as well: it goes where it goes.
    """
    start, digest = ANSWERS.kept(state)[0], _digest(tenant, name)
    state.put(Table.ANSWERS, start + digest, answered)
    if answered.account:
        key = f"{tenant}\0{answered.account}\0".encode()
        state.put(Table.ACCOUNT_ANSWERS, start + key + digest, 1)


def answers_of(key: bytes, limit: int, state: State) -> Iterator[tuple[bytes, Answered]]:
    """The first answers found by the account at `key`, the oldest group first.

    They are found by it no longer.
    """
    for start in reversed(ANSWERS.kept(state)):
        first = start + key + b"\0"
        found = state.scan(Table.ACCOUNT_ANSWERS, first, first[:-1] + b"\1", limit)
        limit -= len(found)
        for place, _ in found:
            state.delete(Table.ACCOUNT_ANSWERS, place)
            digest = place[len(first) :]
            answered: Answered | None = state.get(Table.ANSWERS, start + digest)
            if answered is not None:
                yield digest, answered
        if not limit:
            return


def kept_answer(tenant: str, name: str, state: State) -> Answered | None:
    """The last answer that was given under the name; None where there is none any more."""
    digest = _digest(tenant, name)
    for start in ANSWERS.kept(state):
        found: Answered | None = state.get(Table.ANSWERS, start + digest)
        if found is not None:
            return found
    return None


def _digest(tenant: str, name: str) -> bytes:
    return blake2b(f"{tenant}\0{name}".encode(), digest_size=16).digest()
