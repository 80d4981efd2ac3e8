"""Callers at a worker's door: a connection each, and each waits for its answer before it asks on.

A caller costs as little as a caller can, since broker and callers share the rest of the machine
with what is measured.
"""

import asyncio
import gc
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import uvloop
from msgspec import Struct

from infra.bench.doorway import Doorway

RESERVE_CONFIRM = ("reserve", "confirm")
WHOLE = ("check", "reserve", "extend", "confirm")
_WARM = 0.1
"""The share of the time at the beginning that is left out."""
_ANSWERS_MIN = 2
_REFUSED_S = 0.05
"""So long a caller waits that was refused."""
_UNITS = {
    "check": b',"requested":{"requests":10}',
    "reserve": b',"requested":{"requests":10}',
    "extend": b',"used":{"requests":%s},"requested":{"requests":10}',
    "confirm": b',"used":{"requests":%s}',
}
"""What a verb says of units; what was granted last has been used."""
_GRANTED = b'"granted":{"requests":"'
_BODY = (
    b'{"service_id":"%s","sequence":%d,"services":'
    b'[{"usage_type":"api_call","attributes":{"endpoint":"x"}%s}]}'
)
_OK, _REFUSED = b"200", b"402"


class Answered(Struct, kw_only=True):
    """Milliseconds from a request to its answer, and how many a second.

    `cpu_us` is what the worker spends on one, where that was measured.
    """

    p50_ms: float
    p99_ms: float
    per_s: int
    cpu_us: float | None = None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """So many callers that repeat a dialogue, on so many of the accounts `NAME-0`, `NAME-1`, …"""

    name: str
    callers: int
    accounts: int = 1
    dialogue: Sequence[str] = RESERVE_CONFIRM


@dataclass
class Calls:
    """What callers saw: of each answer when it was asked for, how long it took, and its verb."""

    seconds: float
    began_at: float = 0.0
    """Seconds since 1970; the times below are since then."""
    asked: "array[float]" = field(default_factory=lambda: array("d"))
    took: "array[float]" = field(default_factory=lambda: array("d"))
    verbs: "array[int]" = field(default_factory=lambda: array("B"))
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """By status: what was neither done nor refused for lack of money."""

    @property
    def warm(self) -> tuple[float, float]:
        """The stretch that counts, in seconds since 1970."""
        return self.began_at + self.seconds * _WARM, self.began_at + self.seconds

    def answered(
        self, *, verb: int | None = None, within: tuple[float, float] | None = None
    ) -> Answered:
        """The figures of the stretch that counts, or of another, in seconds from `began_at` on.

        Of one verb by its place in the dialogue, or of all.
        """
        first, last = within or (self.seconds * _WARM, self.seconds)
        took = [
            lasted
            for at, lasted, which in zip(self.asked, self.took, self.verbs, strict=True)
            if first <= at < last and verb in (None, which)
        ]
        return answered(took, last - first)


def answered(took: Sequence[float], lasted_s: float) -> Answered:
    """The figures of so many seconds each, within so long. Raises RuntimeError for too few."""
    if len(took) < _ANSWERS_MIN:
        raise RuntimeError(f"{len(took)} answers in {lasted_s:.1f} s: nothing can be said of them")
    cuts = quantiles([each * 1000 for each in took], n=100, method="inclusive")
    return Answered(
        p50_ms=round(cuts[49], 2), p99_ms=round(cuts[98], 2), per_s=round(len(took) / lasted_s)
    )


class Callers:
    """Have callers ask at one door. Names of sessions are never used twice."""

    def __init__(self, door: Doorway) -> None:
        self._door = door
        self._runs = 0

    def ask(self, askings: Sequence[Asking], seconds: float) -> list[Calls]:
        """What each group of callers saw, all of them at the same time. Raises ConnectionError."""
        self._runs += 1
        seen = [Calls(seconds) for _ in askings]
        gc.collect()
        gc.disable()
        try:
            uvloop.run(self._all(askings, seen))
        finally:
            gc.enable()
        return seen

    async def _all(self, askings: Sequence[Asking], seen: Sequence[Calls]) -> None:
        loop = asyncio.get_running_loop()
        ended: list[asyncio.Future[None]] = []
        opened: list[_Caller] = []
        for group, (asking, calls) in enumerate(zip(askings, seen, strict=True)):
            for number in range(asking.callers):
                done = loop.create_future()
                names = (f"{self._runs}-{group}-{number}", number)
                caller = _Caller(self._door, asking, calls, names=names, done=done)
                await self._connect(caller)
                opened.append(caller)
                ended.append(done)
        began, wall = time.perf_counter(), time.time()
        for calls in seen:
            calls.began_at = wall
        for caller in opened:
            caller.begin(began)
        await asyncio.gather(*ended)

    async def _connect(self, caller: "_Caller") -> None:
        await asyncio.get_running_loop().create_connection(lambda: caller, *self._door.place)


class _Caller(asyncio.Protocol):
    """One of them."""

    def __init__(
        self,
        door: Doorway,
        asking: Asking,
        calls: Calls,
        *,
        names: tuple[str, int],
        done: asyncio.Future[None],
    ) -> None:
        self._asking = asking
        self._calls = calls
        self._name, self._number = names
        self._done = done
        self._messages = [_message_of(door, verb) for verb in asking.dialogue]
        self._transport: Any = None
        self._turn, self._step = 0, 0
        self._part = self._granted = b""
        self._began = self._asked = 0.0

    def begin(self, at: float) -> None:
        """Ask for the first time; times are told since `at`."""
        self._began = at
        self._ask()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The door is open."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The worker has gone, or we have."""
        if not self._done.done():
            self._done.set_exception(ConnectionError(f"the worker closed the connection: {exc}"))

    def data_received(self, data: bytes) -> None:
        """An answer, or a part of one."""
        answer = self._part + data if self._part else data
        head = answer.find(b"\r\n\r\n")
        length = answer.find(b"content-length: ", 0, head) + 16
        if head < 0 or len(answer) < head + 4 + int(answer[length : answer.find(b"\r", length)]):
            self._part = answer
            return
        self._part = b""
        asked, calls = self._asked, self._calls
        calls.took.append(time.perf_counter() - asked)
        calls.asked.append(asked - self._began)
        calls.verbs.append(self._step)
        status = answer[9:12]
        if status == _OK:
            self._step += 1
            granted = answer.find(_GRANTED, head) + len(_GRANTED)
            self._granted = answer[granted : answer.find(b'"', granted)]
            self._ask()
            return
        self._next()
        if status == _REFUSED:
            calls.refused += 1
        else:
            calls.errors[status.decode()] += 1
        asyncio.get_running_loop().call_later(_REFUSED_S, self._ask)

    def _next(self) -> None:
        self._step = 0
        self._turn += 1

    def _ask(self) -> None:
        if self._step == len(self._messages):
            self._next()
        self._asked = time.perf_counter()
        if self._step == 0 and self._asked - self._began >= self._calls.seconds:
            self._done.set_result(None)
            self._transport.close()
            return
        head, tail, units = self._messages[self._step]
        account = (self._number * 131 + self._turn * 17) % self._asking.accounts
        service = b"%s-%d" % (self._asking.name.encode(), account)
        said = units % self._granted if b"%s" in units else units
        body = _BODY % (service, self._step + 1, said)
        session = b"%s-%d" % (self._name.encode(), self._turn)
        self._transport.write(head % session + tail % len(body) + body)


def _message_of(door: Doorway, verb: str) -> tuple[bytes, bytes, bytes]:
    """The head up to the session's name, from there to the length of the body, the body's units."""
    path = f"/v1/tenants/{door.tenant}/"
    path += "check%.0s" if verb == "check" else f"sessions/%s/{verb}"
    tail = f" HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {door.key}\r\ncontent-length: %d\r\n\r\n"
    return f"POST {path}".encode(), tail.encode(), _UNITS[verb]
