"""A provider's stream on its way to the caller: no event is passed on that is not held."""

import asyncio
from contextlib import suppress
from typing import Protocol

import httpx
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connectors.client.aio import AsyncClient
from connectors.client.slices import SlicedHold
from connectors.errors import ConnectorError
from connectors.proxy.dialect import StreamReader
from connectors.proxy.events import EventCutter
from connectors.proxy.tokens import Used


class Settling(Protocol):
    """What a stream needs of the relay."""

    client: AsyncClient
    running: dict[str, SlicedHold]

    async def settle(self, hold: SlicedHold, used: Used) -> None:
        """Charge what was used, even if whoever asked has gone."""


class StreamPassed(Response):
    """The stream as it is answered. Whoever goes away is charged for what was sent by then."""

    def __init__(
        self, relay: Settling, hold: SlicedHold, reader: StreamReader, found: httpx.Response
    ) -> None:
        super().__init__(b"", found.status_code, media_type="text/event-stream")
        del self.headers["content-length"]
        self.headers["cache-control"] = "no-cache"
        self._relay, self._hold, self._reader, self._found = relay, hold, reader, found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the stream ends, its hold does, or the caller goes."""
        self._relay.running[self._hold.session] = self._hold
        passing = asyncio.create_task(self._pass_on(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait([passing, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            passing.cancel()
            (failure,) = await asyncio.gather(passing, return_exceptions=True)
            self._relay.running.pop(self._hold.session, None)
            await self._found.aclose()
            await self._relay.settle(self._hold, self._reader.used(self._hold.counted))
        if isinstance(failure, Exception) and not isinstance(failure, OSError):
            raise failure

    async def _pass_on(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        cutter = EventCutter()
        with suppress(httpx.TransportError):  # the provider broke off: so does what is sent
            async for content in self._found.aiter_bytes():
                for event in cutter.feed(content):
                    if not await self._sent(event, send):
                        await _send(send, b"", is_last=True)
                        return
            await _send(send, cutter.rest)
        await _send(send, b"", is_last=True)

    async def _sent(self, event: bytes, send: Send) -> bool:
        """Pass an event on; False where its tokens are not granted: the stream was ended."""
        part, hold = self._reader.read(event), self._hold
        if part.tokens and not hold.has(part.tokens) and not await self._extended(part.tokens):
            await _send(send, self._reader.ending(hold.counted))
            return False
        hold.count(part.tokens)
        await _send(send, part.content)
        return True

    async def _extended(self, tokens: int) -> bool:
        try:
            return await self._relay.client.drive(self._hold.extension(tokens))
        except ConnectorError:
            return False  # without an answer there is no more than is held


async def _send(send: Send, content: bytes, *, is_last: bool = False) -> None:
    if content or is_last:
        await send({"type": "http.response.body", "body": content, "more_body": not is_last})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
