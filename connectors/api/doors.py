"""The online doors of charging workers, and how a request that came here finds the right one.

Who serves an account its worker knows; a worker that does not says so (421), and the next is asked.
Which worker served a service last is remembered, so the next request goes there at once.
"""

from http import HTTPStatus
from time import monotonic
from typing import Final

import httpx
from starlette.concurrency import run_in_threadpool

from connectors.errors import Unavailable
from connectors.kafka.owners import live_workers
from connectors.settings import KafkaSettings

HEARD_S: Final = 2.0
"""What workers have said of themselves is asked for again after this."""
TIMEOUT_S: Final = 10.0
_KEPT: Final = 65_536


class Doors:
    """Finds the worker that answers."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: httpx.AsyncClient | None = None
        self._addresses: list[str] = []
        self._partitions: set[int] = set()
        self._heard_at = float("-inf")
        self._served: dict[tuple[str, str], str] = {}

    async def send(
        self, path: str, body: bytes, headers: dict[str, str], *, tenant: str, service_id: str
    ) -> httpx.Response:
        """The answer of the worker that serves it; 421 where none does. Raises Unavailable."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S)
        place = (tenant, service_id)
        known = self._served.get(place)
        others = [each for each in await self._all() if each != known]
        wrong: httpx.Response | None = None
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
        if wrong is None:
            raise Unavailable("no charging worker answers; try again")
        if not await self._is_all_served():
            raise Unavailable("partitions are on their way to another worker; try again")
        return wrong

    async def _is_all_served(self) -> bool:
        """True where every partition has an owner: then a service that none knows is unknown."""
        self._heard_at = float("-inf")
        await self._all()
        return len(self._partitions) >= self._kafka.partitions

    async def _all(self) -> list[str]:
        if monotonic() - self._heard_at > HEARD_S:
            workers = await run_in_threadpool(live_workers, self._kafka)
            self._addresses = sorted(each.address for each in workers.values() if each.address)
            self._partitions = {each for found in workers.values() for each in found.partitions}
            self._heard_at = monotonic()
        return self._addresses

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.aclose()
