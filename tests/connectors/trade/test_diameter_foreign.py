"""Credit-Control judged by a library that is not the one we speak by: pyDiameter, over a socket."""

import asyncio
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyDiameter.pyDiaAVPPath import DiaAVPPath
from pyDiameter.pyDiaAVPTypes import DiaAVPGroup, DiaAVPStr, DiaAVPUInt32
from pyDiameter.pyDiaMessage import DiaMessage

from tests.connectors.trade import flows
from tests.connectors.trade.test_diameter_wire import Server, free_port
from tests.connectors.trade.worker import MemoryWorker, load

pytestmark = pytest.mark.xdist_group("diameter")
SESSION, HOST, REALM, DESTINATION, APPLICATION, RESULT = 263, 264, 296, 283, 258, 268
CONTEXT, TYPE, NUMBER = 461, 416, 415
SUBSCRIPTION, SUBSCRIPTION_TYPE, SUBSCRIPTION_TEXT = 443, 450, 444
SERVICES, GROUP, REQUESTED, USED, GRANTED, TIME, VALIDITY = 456, 432, 437, 446, 431, 420, 448


def text(code: int, value: bytes) -> Any:
    return _avp(DiaAVPStr(), code, value)


def number(code: int, value: int) -> Any:
    return _avp(DiaAVPUInt32(), code, value)


def group(code: int, *parts: Any) -> Any:
    found = _avp(DiaAVPGroup(), code, None)
    for part in parts:
        found.addAVPByPath(DiaAVPPath(), part)
    return found


def _avp(avp: Any, code: int, value: Any) -> Any:
    avp.setAVPCode(code)
    avp.setAVPMandatoryFlag()
    if value is not None:
        avp.setAVPValue(value)
    return avp


class Gateway:
    """A peer made of a socket and pyDiameter's messages."""

    def __init__(self, connected: socket.socket, name: bytes = b"pgw.access.net") -> None:
        self.socket = connected
        self.name = name

    def send(self, command: int, application: int, *avps: Any) -> dict[int, Any]:
        message, packed = self.packed(command, application, *avps)
        self.socket.sendall(packed)
        answer = DiaMessage()
        answer.decode(self.read())
        assert answer.getCommandCode() == command
        assert answer.getHBHID() == message.getHBHID()
        assert not answer.getRequestFlag()
        return {avp.getAVPCode(): avp for avp in answer.getAVPs()}

    def packed(self, command: int, application: int, *avps: Any) -> tuple[Any, bytes]:
        message = DiaMessage()
        message.setRequestFlag()
        message.setCommandCode(command)
        message.setApplicationID(application)
        message.generateHBHID()
        message.generateE2EID()
        for avp in avps:
            message.addAVPByPath(DiaAVPPath(), avp)
        return message, message.encode()

    def who(self) -> tuple[Any, Any]:
        return text(HOST, self.name), text(REALM, b"access.net")

    def read(self) -> bytes:
        """The next message."""
        head = self._exactly(4)
        return head + self._exactly(int.from_bytes(head[1:], "big") - 4)

    def _exactly(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            part = self.socket.recv(length - len(found))
            assert part, "closed"
            found += part
        return found

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Gateway, MemoryWorker]]:
    worker = MemoryWorker(load(flows.CATALOG, tmp_path))
    port = free_port()
    server = Server(worker, port, ["pgw.access.net", "other.access.net"])
    gateway = Gateway(socket.create_connection(("127.0.0.1", port), 10))
    yield gateway, worker
    gateway.close()
    server.close()


def parts(avp: Any) -> dict[int, Any]:
    return {part.getAVPCode(): part for part in avp.getAVPValue()}


def hello(gateway: Gateway) -> dict[int, Any]:
    """Exchange capabilities."""
    return gateway.send(
        257,
        0,
        *gateway.who(),
        text(257, b"\x00\x01\x7f\x00\x00\x01"),
        number(266, 0),
        text(269, b"judge"),
        number(APPLICATION, 4),
    )


def credit(gateway: Gateway, kind: int, count: int, *units: Any) -> dict[int, Any]:
    return gateway.send(272, 4, *asking(gateway, kind, count, *units))


def asking(gateway: Gateway, kind: int, count: int, *units: Any) -> tuple[Any, ...]:
    subscriber = group(
        SUBSCRIPTION, number(SUBSCRIPTION_TYPE, 0), text(SUBSCRIPTION_TEXT, b"41790000001")
    )
    return (
        text(SESSION, gateway.name + b";1;1"),
        *gateway.who(),
        text(DESTINATION, b"home.net"),
        number(APPLICATION, 4),
        text(CONTEXT, b"32251@3gpp.org"),
        number(TYPE, kind),
        number(NUMBER, count),
        subscriber,
        group(SERVICES, number(GROUP, 1), *units),
    )


def test_a_session_by_another_library(wire: tuple[Gateway, MemoryWorker]) -> None:
    gateway, worker = wire
    worker.account("ada", "+41790000001", "3")
    assert hello(gateway)[RESULT].getAVPValue() == 2001
    asked = group(REQUESTED, number(TIME, 200))
    first = credit(gateway, flows.INITIAL, 0, asked)
    assert first[RESULT].getAVPValue() == 2001
    granted = parts(first[SERVICES])
    assert parts(granted[GRANTED])[TIME].getAVPValue() == 200
    assert granted[VALIDITY].getAVPValue() == 1140
    assert worker.left("ada") == (Decimal(1), Decimal(2))
    last = credit(gateway, flows.TERMINATION, 1, group(USED, number(TIME, 150)))
    assert last[RESULT].getAVPValue() == 2001
    assert worker.left("ada") == (Decimal("1.50"), Decimal(0))


def test_two_peers_that_count_alike_get_their_own_answers(
    wire: tuple[Gateway, MemoryWorker],
) -> None:
    """Identifiers are each peer's own; the second is answered before the first."""
    first, worker = wire
    worker.account("ada", "+41790000001", "3")
    place = first.socket.getpeername()
    with socket.create_connection(place, 10) as connected:
        second = Gateway(connected, b"other.access.net")
        asked = group(REQUESTED, number(TIME, 10))
        waits = asyncio.Event()
        send = worker.send

        async def slowly(*words: Any, **more: Any) -> Any:
            if not worker.asked:
                worker.asked.append(("", {}))
                await asyncio.wait_for(waits.wait(), 10)
            else:
                waits.set()
            return await send(*words, **more)

        worker.send = slowly  # type: ignore[method-assign]
        for gateway in (first, second):
            assert hello(gateway)[RESULT].getAVPValue() == 2001
            _, packed = gateway.packed(272, 4, *asking(gateway, flows.INITIAL, 0, asked))
            same = packed[:12] + b"\0\0\0\1" * 2 + packed[20:]
            gateway.socket.sendall(same)
        for gateway in (first, second):
            answer = DiaMessage()
            told = gateway.read()
            answer.decode(told)
            assert told[12:20] == b"\0\0\0\1" * 2
            found = {avp.getAVPCode(): avp.getAVPValue() for avp in answer.getAVPs()}
            assert found[SESSION] == gateway.name + b";1;1"
