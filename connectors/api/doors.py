"""The online doors of charging workers, and how a request that came here finds the right one.

Who serves an account its worker knows; a worker that does not says so (421), and the next is asked.
Which worker served a service last is remembered, so the next request goes there at once. While its
partition moves a request waits here a while: whoever asks again finds the new owner seconds later.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from time import monotonic
from typing import Final

import httpx
import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from connectors.client.spread import async_client
from connectors.errors import Refused, Unavailable
from connectors.kafka.owners import WorkerAnnouncement, live_workers
from connectors.settings import KafkaSettings

HEARD_S: Final = 2.0
"""What workers have said of themselves is asked for again after this."""
WAIT_S: Final = 1.5
"""So long a request waits for a partition that moves, or for any worker."""
WAIT_TURN_S: Final = 0.1
LOOK_S: Final = 0.3
"""Not more often than that it is asked who is there."""
WAITING_MAX: Final = 1_000
"""So many requests wait at once; more are told to come again."""
CONNECTIONS: Final = 256
"""To all workers; more requests at once wait for one."""
TIMEOUT_S: Final = 10.0
SILENT_S: Final = 40.0
"""A stream that says nothing for so long, not even that it is still there, has ended."""
_KEPT: Final = 65_536


class _Opened(Struct):
    partitions: list[int] = []


_opened = msgspec.json.Decoder(_Opened).decode


class Doors:
    """Finds the worker that answers."""

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        hear: Callable[[KafkaSettings], Mapping[str, WorkerAnnouncement]] = live_workers,
    ) -> None:
        self._kafka = kafka
        self._hear = hear
        self._hearing: asyncio.Task[None] | None = None
        self._waiting = 0
        self._client: httpx.AsyncClient | None = None
        self._streams: httpx.AsyncClient | None = None
        self._addresses: list[str] = []
        self._heard_at = float("-inf")
        self._served: dict[tuple[str, str], str] = {}

    async def send(
        self, path: str, body: bytes, headers: dict[str, str], *, tenant: str, service_id: str
    ) -> httpx.Response:
        """The answer of the worker that serves it; 421 where none does. Raises Unavailable."""
        request, place = (path, body, headers), (tenant, service_id)
        return await self._patiently(lambda: self._ask_all(request, place))

    async def look(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """The answer of the worker that has it; 421 where none does. Raises Unavailable."""
        return await self._patiently(lambda: self._look_at_all(path, headers))

    async def _patiently(
        self, ask: Callable[[], Awaitable[httpx.Response | str]]
    ) -> httpx.Response:
        """Ask until there is an answer, not a reason why there is none; not for ever."""
        ends_at = monotonic() + WAIT_S
        while isinstance(found := await ask(), str):
            if monotonic() >= ends_at or self._waiting >= WAITING_MAX:
                raise Unavailable(found)
            self._waiting += 1
            try:
                await asyncio.sleep(WAIT_TURN_S)
            finally:
                self._waiting -= 1
            if monotonic() - self._heard_at > LOOK_S:
                self.forget()
        return found

    async def _ask_all(
        self, request: tuple[str, bytes, dict[str, str]], place: tuple[str, str]
    ) -> httpx.Response | str:
        """The answer, or why nobody can give one now.

        A worker that does not know the service says which partitions it has open. Only where that
        is all of them together nobody knows it; else one is on its way.
        """
        path, body, headers = request
        client, known = self._at_hand(), self._served.get(place)
        others = [each for each in await self._all() if each != known]
        wrong: httpx.Response | None = None
        served: set[int] = set()
        for address in [known, *others] if known else others:
            try:
                answer = await client.post(f"{address}{path}", content=body, headers=headers)
            except httpx.TransportError:
                self.forget()
                self._served.pop(place, None)
                continue
            if answer.status_code != HTTPStatus.MISDIRECTED_REQUEST:
                if len(self._served) >= _KEPT:
                    self._served.clear()
                self._served[place] = address
                return answer
            wrong = answer
            served.update(_open_partitions(answer))
        return self._nobody(wrong, served)

    async def _look_at_all(self, path: str, headers: dict[str, str]) -> httpx.Response | str:
        """The answer, or why nobody can give one now; see `_ask_all`."""
        wrong: httpx.Response | None = None
        served: set[int] = set()
        for address in await self._all():
            try:
                answer = await self._at_hand().get(f"{address}{path}", headers=headers)
            except httpx.TransportError:
                self.forget()
                continue
            if answer.status_code != HTTPStatus.MISDIRECTED_REQUEST:
                return answer
            wrong = answer
            served.update(_open_partitions(answer))
        return self._nobody(wrong, served)

    def _nobody(self, wrong: httpx.Response | None, served: set[int]) -> httpx.Response | str:
        """What is said where no worker knows it, each with the partitions that it has open."""
        if wrong is None:
            return "no charging worker answers; try again"
        if len(served) < self._kafka.partitions:
            return "partitions are on their way to another worker; try again"
        return wrong

    async def stream(self, address: str, path: str, headers: dict[str, str]) -> AsyncIterator[str]:
        """The lines of a worker's stream, until it ends. Raises Refused where it says no."""
        if self._streams is None:
            # Each caller has a stream to each worker.
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            silent = httpx.Timeout(TIMEOUT_S, read=SILENT_S)
            self._streams = httpx.AsyncClient(timeout=silent, limits=limits)
        async with self._streams.stream("GET", f"{address}{path}", headers=headers) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise Refused(f"{address}: {answer.status_code}")
            async for line in answer.aiter_lines():
                yield line

    async def addresses(self) -> list[str]:
        """The doors of all workers. Raises Unavailable."""
        return await self._all()

    def forget(self) -> None:
        """Ask again who is there."""
        self._heard_at = float("-inf")

    def _at_hand(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = async_client(CONNECTIONS, timeout=TIMEOUT_S)
        return self._client

    async def _all(self) -> list[str]:
        """All who want to know at once ask once."""
        if monotonic() - self._heard_at > HEARD_S:
            if self._hearing is None or self._hearing.done():
                self._hearing = asyncio.create_task(self._hear_of_all())
            await asyncio.shield(self._hearing)
        return self._addresses

    async def _hear_of_all(self) -> None:
        workers = await run_in_threadpool(self._hear, self._kafka)
        self._addresses = sorted(each.address for each in workers.values() if each.address)
        self._heard_at = monotonic()

    async def close(self) -> None:
        """Let the connections go."""
        for client in (self._client, self._streams):
            if client is not None:
                await client.aclose()


def _open_partitions(answer: httpx.Response) -> list[int]:
    try:
        return _opened(answer.content).partitions
    except msgspec.MsgspecError:
        return []
