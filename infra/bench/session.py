"""Online charging without broker or network: what reserve and confirm cost a worker's core.

`serve` is the owner's part of it: requests that share a ledger record are computed on an overlay,
the record is encoded as it would be appended, and the state takes it. `door` is all that a worker
does between the bytes of a request and those of its answer.
"""

import asyncio
import cProfile
import gc
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from msgspec import Struct
from msgspec.structs import replace

from connectors.api.keys import KeyStore, Scope
from connectors.clock import now
from connectors.online.forms import read_request
from connectors.online.protocol import DoorProtocol
from infra.bench.asking import ACCOUNTS, bodies_of, messages_of, service_of
from infra.bench.session_world import PromptLedger, SessionWorld
from streams.model.charging_session import ChargingRequest
from topologies.online import KEYS_TRUSTED_S, OnlineDoor, problem
from topologies.owner import PartitionOwner

TOGETHER = (8, 32)
"""Requests that share a ledger record."""
CALLERS = (8, 64)
_ROUNDS = 5
"""Of which the fastest counts, as the machine may have something else to do."""


class SessionResult(Struct, kw_only=True):
    """Microseconds of CPU a request, reserve and confirm alternating.

    `reserve_us`, `confirm_us`: the owner's part, by how many requests share a ledger record.
    `door_us`: all of it, by callers.
    """

    reserve_us: dict[str, float]
    confirm_us: dict[str, float]
    door_us: dict[str, float]


def measure_session(*, sessions: int, profile: Path | None = None) -> SessionResult:
    """Reserve and confirm so many sessions each way; `profile`: a file for what cProfile sees.

    Before that each account has a session that is not counted: its first one reads the disk.
    """
    gc.collect()
    gc.set_threshold(200_000, 20, 50)
    reserve, confirm, door = dict[str, float](), dict[str, float](), dict[str, float]()
    watch = cProfile.Profile() if profile is not None else nullcontext()
    with TemporaryDirectory() as folder:
        for together in TOGETHER:
            with closing(SessionWorld(Path(folder) / f"serve-{together}", ACCOUNTS)) as world:
                took = _serve(world, sessions, together, watch)
            reserve[str(together)], confirm[str(together)] = took
        for callers in CALLERS:
            place = Path(folder) / f"door-{callers}"
            asked = _Asked(SessionWorld(place, ACCOUNTS), place, callers)
            door[str(callers)] = uvloop.run(asked.run(sessions, watch))
    if isinstance(watch, cProfile.Profile):
        watch.dump_stats(str(profile))
    return SessionResult(reserve_us=reserve, confirm_us=confirm, door_us=door)


def _serve(world: SessionWorld, sessions: int, together: int, watch: Any) -> tuple[float, float]:
    """Microseconds a reserve and a confirm, of the fastest round each."""
    fastest = [float("inf"), float("inf")]
    for counted in _rounds(sessions):
        groups = list(_groups(world, counted, together))
        spent = [0.0, 0.0]
        with watch if counted[0] >= 0 else nullcontext():
            for group in groups:
                for place, requests in enumerate(group):
                    stamped = [replace(request, at=now()) for request in requests]
                    began = time.process_time()
                    world.serve(stamped)
                    spent[place] += time.process_time() - began
        if counted[0] >= 0:
            fastest = [min(pair) for pair in zip(fastest, spent, strict=True)]
    a_round = sessions // _ROUNDS
    return round(fastest[0] * 1e6 / a_round, 1), round(fastest[1] * 1e6 / a_round, 1)


def _rounds(sessions: int) -> Iterator[range]:
    """The numbers of sessions, a round at a time; those of the first are below 0."""
    yield range(-ACCOUNTS, 0)
    a_round = sessions // _ROUNDS
    for number in range(_ROUNDS):
        yield range(number * a_round, (number + 1) * a_round)


def _groups(
    world: SessionWorld, sessions: range, together: int
) -> Iterator[tuple[list[ChargingRequest], list[ChargingRequest]]]:
    """Those that share a record: first all reserves, then all confirms."""
    for first in range(0, len(sessions), together):
        group: tuple[list[ChargingRequest], list[ChargingRequest]] = ([], [])
        for number in sessions[first : first + together]:
            service = service_of(number * 131 % ACCOUNTS)
            for place, (verb, body) in enumerate(bodies_of(service)):
                request = read_request(world.tenant, verb, f"session-{number}", body)
                group[place].append(replace(request, root=service))
        yield group


class _Asked:
    """A worker's door that is asked in its own process, by callers that cost next to nothing.

    The owner closes the world's store with itself.
    """

    def __init__(self, world: SessionWorld, folder: Path, callers: int) -> None:
        keys = KeyStore(folder, trusted_s=KEYS_TRUSTED_S)
        _, self._key = keys.create(name="bench", scope=Scope.WRITE, tenant="", at=0)
        self._world = world
        self._owner = PartitionOwner(
            0,
            core=world.core,
            store=world.store,
            log=PromptLedger(),
            source=_NoBatches(),
            outbox_send=_send_nothing,
        )
        self._keys = keys
        self._callers = callers

    async def run(self, sessions: int, watch: Any) -> float:
        """Microseconds a request."""
        opened = asyncio.create_task(self._owner.run())
        await self._owner.opened()
        door = OnlineDoor({0: self._owner}, self._keys, partitions=1)
        fastest = float("inf")
        for counted in _rounds(sessions):
            callers = self._begun(door, counted)
            with watch if counted[0] >= 0 else nullcontext():
                began = time.process_time()
                await asyncio.gather(*callers)
                spent = time.process_time() - began
            if counted[0] >= 0:
                fastest = min(fastest, spent)
        await self._owner.close()
        await opened
        return round(fastest * 1e6 / (2 * (sessions // _ROUNDS)), 1)

    def _begun(self, door: OnlineDoor, sessions: range) -> "list[asyncio.Future[None]]":
        """Each of the callers with its share of the sessions."""
        return [
            _Caller(
                DoorProtocol(door.answer, problem),
                self._messages(sessions[number :: self._callers]),
            ).begin()
            for number in range(self._callers)
        ]

    def _messages(self, sessions: range) -> list[bytes]:
        return [
            message
            for number in sessions
            for message in messages_of(
                self._world.tenant,
                self._key,
                f"session-{number}",
                service_of(number * 131 % ACCOUNTS),
            )
        ]


class _Caller:
    """The other end of a connection, as its transport: sends the next request once it is answered.

    What it does itself is next to nothing, so that what is measured is the worker's.
    """

    def __init__(self, protocol: DoorProtocol, messages: list[bytes]) -> None:
        self._protocol = protocol
        self._messages = iter(messages)
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()

    def begin(self) -> "asyncio.Future[None]":
        """Ask for the first time; done when all is answered."""
        self._protocol.connection_made(self)  # type: ignore[arg-type]
        self._next()
        return self._done

    def _next(self) -> None:
        message = next(self._messages, None)
        if message is None:
            self._protocol.connection_lost(None)
            self._done.set_result(None)
        else:
            self._loop.call_soon(self._protocol.data_received, message)

    # What a connection asks of its transport

    def write(self, data: bytes) -> None:
        """The answer."""
        assert data[9:12] == b"200", data
        self._next()

    def is_closing(self) -> bool:
        """Never before all is answered."""
        return False

    def pause_reading(self) -> None:
        """Nothing comes before an answer."""

    def resume_reading(self) -> None:
        """Nothing was held back."""

    def close(self) -> None:
        """Nothing is left to be done."""


class _NoBatches:
    """A source that offers nothing."""

    def acknowledge(self, batch: Any) -> None:
        """There is none."""

    def drop(self, batch: Any) -> None:
        """There is none."""

    async def rewind(self, offset: int) -> None:
        """There is none."""


async def _send_nothing(*_: Any) -> None:
    """No message leaves."""
