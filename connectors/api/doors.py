"""The online doors of charging workers, and how a request that came here finds the right one.

Who serves an account its worker knows; a worker that does not says so (421), and the next is asked.
Which worker served a service last is remembered, so the next request goes there at once.
"""

from http import HTTPStatus
from time import monotonic
from typing import Final

import httpx
import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from connectors.errors import Unavailable
from connectors.kafka.owners import live_workers
from connectors.settings import KafkaSettings

HEARD_S: Final = 2.0
"""What workers have said of themselves is asked for again after this."""
TIMEOUT_S: Final = 10.0
_KEPT: Final = 65_536


class _Opened(Struct):
    partitions: list[int] = []


_opened = msgspec.json.Decoder(_Opened).decode


class Doors:
    """Finds the worker that answers."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: httpx.AsyncClient | None = None
        self._addresses: list[str] = []
        self._heard_at = float("-inf")
        self._served: dict[tuple[str, str], str] = {}

    async def send(
        self, path: str, body: bytes, headers: dict[str, str], *, tenant: str, service_id: str
    ) -> httpx.Response:
        """The answer of the worker that serves it; 421 where none does. Raises Unavailable.

        A worker that does not know the service says which partitions it has open. Only where that
        is all of them together nobody knows it; else one is on its way.
        """
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S)
        place = (tenant, service_id)
        known = self._served.get(place)
        others = [each for each in await self._all() if each != known]
        wrong: httpx.Response | None = None
        served: set[int] = set()
        for address in [known, *others] if known else others:
            try:
                answer = await self._client.post(f"{address}{path}", content=body, headers=headers)
            except httpx.TransportError:
                self._heard_at = float("-inf")
                self._served.pop(place, None)
                continue
            if answer.status_code != HTTPStatus.MISDIRECTED_REQUEST:
                if len(self._served) >= _KEPT:
                    self._served.clear()
                self._served[place] = address
                return answer
            wrong = answer
            served.update(_open_partitions(answer))
        if wrong is None:
            raise Unavailable("no charging worker answers; try again")
        if len(served) < self._kafka.partitions:
            raise Unavailable("partitions are on their way to another worker; try again")
        return wrong

    async def _all(self) -> list[str]:
        if monotonic() - self._heard_at > HEARD_S:
            workers = await run_in_threadpool(live_workers, self._kafka)
            self._addresses = sorted(each.address for each in workers.values() if each.address)
            self._heard_at = monotonic()
        return self._addresses

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()


def _open_partitions(answer: httpx.Response) -> list[int]:
    try:
        return _opened(answer.content).partitions
    except msgspec.MsgspecError:
        return []
