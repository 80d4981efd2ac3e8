"""HTTP/1.1 as thin as it can be, on httptools: for requests that are answered in milliseconds."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import httptools
from msgspec import Struct

BODY_BYTES_MAX: Final = 64 * 1024
HEADER_BYTES_MAX: Final = 16 * 1024
PIPELINED_MAX: Final = 16
"""Requests of one connection that may wait; nothing more is read of it meanwhile."""
IDLE_S: Final = 120.0
"""A connection that says nothing for so long is closed."""


class HttpRequest(Struct):
    """A whole request; names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: str = ""


class HttpAnswer(Struct, frozen=True):
    """A whole answer."""

    status: HTTPStatus
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = {}

    def packed(self, *, keeps_open: bool) -> bytes:
        """The bytes of it."""
        more = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        closing = "" if keeps_open else "connection: close\r\n"
        first = _first_lines(self.status, self.media_type)
        head = f"{first}content-length: {len(self.body)}\r\n{more}{closing}\r\n"
        return head.encode() + self.body


@lru_cache(maxsize=256)
def _first_lines(status: HTTPStatus, media_type: str) -> str:
    """What the head of every such answer begins with."""
    return f"HTTP/1.1 {int(status)} {status.phrase}\r\ncontent-type: {media_type}\r\n"


class HttpStream(Struct, frozen=True):
    """An answer that goes on until either side ends it; the connection ends with it."""

    chunks: AsyncGenerator[bytes, None]
    media_type: str

    def head(self) -> bytes:
        """What comes before the first chunk."""
        return (
            f"HTTP/1.1 {int(HTTPStatus.OK)} OK\r\ncontent-type: {self.media_type}\r\n"
            "cache-control: no-store\r\nconnection: close\r\n\r\n"
        ).encode()


Reply = Callable[[HttpAnswer | HttpStream], None]
Answering = Callable[[HttpRequest, Reply], None]
"""Answers a request by one call of the reply: at once, or later in the same loop.

A request that waits for its answer so costs no task and no further round of the loop.
"""


class DoorProtocol(asyncio.Protocol):
    """One connection: its requests are answered one after the other, in their order."""

    def __init__(self, answering: Answering, refusal: Callable[[HTTPStatus, str], HttpAnswer]):
        self._answering = answering
        self._refusal = refusal
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._waiting: deque[tuple[HttpRequest, bool]] = deque()
        self._is_answering = False
        self._is_asking = False
        self._keeps_open = True
        self._stream_task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._idle: asyncio.TimerHandle | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._begin()

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller is there."""
        self._transport = transport
        self._idle = self._loop.call_later(IDLE_S, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone; what is asked already is done all the same."""
        if self._idle is not None:
            self._idle.cancel()
        self._waiting.clear()
        self._room.set()

    def pause_writing(self) -> None:
        """The caller reads more slowly than we write."""
        self._room.clear()

    def resume_writing(self) -> None:
        """The caller has read most of it."""
        self._room.set()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._heard_at = self._loop.time()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(HTTPStatus.BAD_REQUEST, "This is no HTTP/1.1 request.")
        self._answer_waiting()

    # What the parser calls

    def on_url(self, url: bytes) -> None:
        """A part of the path."""
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self._count(len(name) + len(value))
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body
        if len(self._body) > BODY_BYTES_MAX:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have {BODY_BYTES_MAX} bytes."
            )

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._transport.is_closing():
            return
        method = self._parser.get_method().decode()
        path, _, query = bytes(self._url).decode("latin-1").partition("?")
        request = HttpRequest(method, path, self._headers, bytes(self._body), query)
        self._waiting.append((request, self._parser.should_keep_alive()))
        self._begin()
        if len(self._waiting) >= PIPELINED_MAX:
            self._transport.pause_reading()

    # Its own

    def _begin(self) -> None:
        self._url = bytearray()
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._head = 0

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > HEADER_BYTES_MAX:
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"Path and headers may have {HEADER_BYTES_MAX} bytes.",
            )

    def _answer_waiting(self) -> None:
        """Have what waits answered, one after the other, as far as answers come at once."""
        while self._waiting and not self._is_answering:
            request, self._keeps_open = self._waiting.popleft()
            self._is_answering = self._is_asking = True
            self._answering(request, self._reply)
            self._is_asking = False

    def _reply(self, answer: HttpAnswer | HttpStream) -> None:
        """The answer to the request in hand; whoever has gone needs none."""
        if self._transport.is_closing():
            return
        if isinstance(answer, HttpStream):
            self._stream_task = self._loop.create_task(self._stream(answer))
            return
        self._is_answering = False
        self._transport.write(answer.packed(keeps_open=self._keeps_open))
        if not self._keeps_open:
            self._waiting.clear()
            self._transport.close()
            return
        self._transport.resume_reading()
        if not self._is_asking:
            self._answer_waiting()

    async def _stream(self, answer: HttpStream) -> None:
        """Send what comes, as fast as it is read; what is asked meanwhile is not answered."""
        self._waiting.clear()
        async with aclosing(answer.chunks) as chunks:
            self._transport.write(answer.head())
            async for chunk in chunks:
                if self._idle is not None:
                    self._idle.cancel()
                if self._transport.is_closing():
                    return
                self._transport.write(chunk)
                await self._room.wait()
        self._transport.close()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._refusal(status, detail).packed(keeps_open=False))
            self._transport.close()

    def _close_if_idle(self) -> None:
        """One timer a connection, not one a message: it looks again where something was heard."""
        ends_at = self._heard_at + IDLE_S
        if ends_at <= self._loop.time():
            self._transport.close()
        else:
            self._idle = self._loop.call_at(ends_at, self._close_if_idle)
