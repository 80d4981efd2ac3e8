"""One connection of the online door: answers in the order of requests, whenever they are known."""

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import pytest

from connectors.online import protocol
from connectors.online.problem import problem
from connectors.online.protocol import DoorProtocol, HttpAnswer, HttpRequest, HttpStream, Reply


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    @property
    def bodies(self) -> list[bytes]:
        return [part.partition(b"\r\n\r\n")[2] for part in self.written.split(b"HTTP/1.1 ")[1:]]


def connect(answering: Callable[[HttpRequest, Reply], None]) -> tuple[DoorProtocol, Wire]:
    door, wire = DoorProtocol(answering, problem), Wire()
    door.connection_made(wire)  # type: ignore[arg-type]
    return door, wire


def get(path: str, *, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n{more}\r\n".encode()


def ok(request: HttpRequest) -> HttpAnswer:
    return HttpAnswer(HTTPStatus.OK, request.path.encode())


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_what_comes_at_once_is_answered_in_order_however_much_it_is() -> None:
    async def check() -> None:
        door, wire = connect(lambda request, reply: reply(ok(request)))
        door.data_received(b"".join(get(f"/{number}") for number in range(2_000)))
        assert wire.bodies == [f"/{number}".encode() for number in range(2_000)]

    run(check())


def test_a_request_waits_for_the_answer_to_the_one_before() -> None:
    async def check() -> None:
        asked: list[tuple[HttpRequest, Reply]] = []
        door, wire = connect(lambda request, reply: asked.append((request, reply)))
        door.data_received(get("/a") + get("/b") + get("/c", more="connection: close\r\n"))
        for number in range(3):
            assert len(asked) == number + 1
            request, reply = asked[number]
            reply(ok(request))
        assert wire.bodies == [b"/a", b"/b", b"/c"]
        assert wire.is_closed

    run(check())


def test_whoever_has_gone_is_told_nothing() -> None:
    async def check() -> None:
        asked: list[Reply] = []
        door, wire = connect(lambda _, reply: asked.append(reply))
        door.data_received(get("/a") + get("/b"))
        wire.close()
        door.connection_lost(None)
        asked[0](HttpAnswer(HTTPStatus.OK, b""))
        assert (wire.written, len(asked)) == (b"", 1)

    run(check())


def test_what_is_no_request_ends_the_connection() -> None:
    async def check() -> None:
        door, wire = connect(lambda request, reply: reply(ok(request)))
        door.data_received(b"what?\r\n\r\n")
        assert wire.written.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert wire.is_closed

    run(check())


def test_a_stream_is_the_last_answer() -> None:
    async def check() -> None:
        async def chunks() -> Any:
            yield b"one"
            yield b"two"

        door, wire = connect(lambda _, reply: reply(HttpStream(chunks(), "text/plain")))
        door.data_received(get("/a") + get("/b"))
        while not wire.is_closed:
            await asyncio.sleep(0)
        assert wire.bodies == [b"onetwo"]

    run(check())


def test_who_says_nothing_for_long_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "IDLE_S", 0.2)

    async def check() -> None:
        door, wire = connect(lambda request, reply: reply(ok(request)))
        await asyncio.sleep(0.12)
        door.data_received(get("/a"))
        await asyncio.sleep(0.12)
        assert not wire.is_closed
        await asyncio.sleep(0.3)
        assert wire.is_closed

    run(check())
