"""What sessions are told, by the gateway: the streams of all workers as one.

Each worker tells of the partitions that it has; a partition that goes from one to another is told
by both for a moment, and what was told already is left out.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

import httpx

from connectors.api.doors import Doors
from connectors.errors import Refused, Unavailable
from connectors.online.events import GAP, HEARTBEAT, Places, place_of, place_text

HEARTBEAT_S: Final = 15.0
LOOK_S: Final = 2.0
"""Workers that came are looked for this often."""
AGAIN_S: Final = 0.2
WAITING_MAX: Final = 256
"""Events of all workers that wait for a caller; more are not read from the workers meanwhile."""

Fields = dict[str, str]


class MergedEvents:
    """One caller's stream over all workers. `places` is where the caller was; it goes on."""

    def __init__(self, doors: Doors, path: str, headers: dict[str, str], places: Places) -> None:
        self._doors = doors
        self._path = path
        self._headers = headers
        self._places = places
        self._events: asyncio.Queue[bytes] = asyncio.Queue(WAITING_MAX)
        self._readers: dict[str, asyncio.Task[None]] = {}

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The events as they come, for ever."""
        looking = asyncio.create_task(self._look())
        try:
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        chunk = await self._events.get()
                except TimeoutError:
                    chunk = HEARTBEAT
                yield chunk
        finally:
            for task in (looking, *self._readers.values()):
                task.cancel()

    async def _look(self) -> None:
        """Have a reader for each worker there is."""
        while True:
            for address in await self._workers():
                known = self._readers.get(address)
                if known is None or known.done():
                    self._readers[address] = asyncio.create_task(self._read(address))
            await asyncio.sleep(LOOK_S)

    async def _read(self, address: str) -> None:
        """Read a worker's stream, again where it ends, for as long as the worker is there."""
        while address in await self._workers():
            headers = dict(self._headers)
            if self._places:
                headers["Last-Event-ID"] = place_text(self._places)
            try:
                async for fields in events_of(self._doors.stream(address, self._path, headers)):
                    chunk = self._take(fields)
                    if chunk is not None:
                        await self._events.put(chunk)
            except (httpx.TransportError, Refused):
                self._doors.forget()
            await asyncio.sleep(AGAIN_S)

    async def _workers(self) -> list[str]:
        try:
            return await self._doors.addresses()
        except Unavailable:
            return [*self._readers]

    def _take(self, fields: Fields) -> bytes | None:
        """The event for the caller, at his own place; None where it was told already."""
        found = place_of(fields.get("id", ""))
        fresh = {p: number for p, number in found.items() if number > self._places.get(p, -1)}
        self._places.update(fresh)
        name = fields.get("event", "")
        if not fresh and name != GAP:
            return None
        text = f"id: {place_text(self._places)}\n"
        if name:
            text += f"event: {name}\ndata: {fields.get('data', '')}\n"
        return f"{text}\n".encode()


async def events_of(lines: AsyncIterator[str]) -> AsyncIterator[Fields]:
    """The events that the lines of a stream make; comments are left out."""
    fields: Fields = {}
    async for line in lines:
        if not line and fields:
            yield fields
            fields = {}
        name, found, text = line.partition(": ")
        if found and name:
            fields[name] = text
