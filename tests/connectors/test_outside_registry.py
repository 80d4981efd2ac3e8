"""A registry elsewhere: our schemas are registered there, and its numbers are used."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from connectors.errors import Refused, Unavailable
from connectors.kafka.contracts import contracts
from connectors.kafka.registry import codec_of
from connectors.kafka.topics import Topic
from tests.topologies.small_ledger import alert


@contextmanager
def registry(status: int) -> Iterator[tuple[str, list[str]]]:
    """A registry that numbers what is registered from 501 on, or answers with an error."""
    subjects: list[str] = []

    async def register(request: Request) -> JSONResponse:
        assert "schema" in await request.json()
        subjects.append(request.path_params["subject"])
        return JSONResponse({"id": 500 + len(subjects)}, status_code=status)

    app = Starlette(routes=[Route("/subjects/{subject}/versions", register, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", subjects
    server.should_exit = True
    thread.join()


def test_messages_carry_the_numbers_of_the_registry() -> None:
    with registry(200) as (address, subjects):
        codec = codec_of(address, prefix="eu.")
    versions = contracts()
    assert subjects == [
        f"eu.{topic}-value"
        for topic in ("alerts", "rated", "session-commands")
        for _ in versions[topic]
    ]
    framed = codec.encode(Topic.ALERTS, alert(1))
    assert framed[:5] == b"\0" + (500 + len(versions["alerts"])).to_bytes(4, "big")
    assert codec.decode(Topic.ALERTS, framed) == alert(1)


@pytest.mark.parametrize(("status", "error"), [(409, Refused), (500, Unavailable)])
def test_a_registry_that_says_no_or_is_ill_stops_the_start(
    status: int, error: type[Exception]
) -> None:
    with registry(status) as (address, _), pytest.raises(error, match="alerts v1"):
        codec_of(address)


def test_a_registry_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        codec_of("http://127.0.0.1:9")
