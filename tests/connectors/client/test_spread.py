"""Connections in pools of a few: as many as it takes, none kept by what has ended."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from connectors.client.spread import (
    CONNECTIONS_EACH,
    AsyncSpread,
    Spread,
    async_client,
    sync_client,
)
from connectors.online.problem import problem
from connectors.online.protocol import DoorProtocol, HttpAnswer, HttpRequest, Reply

CONTEXT = httpx.create_ssl_context()
MANY = 2 * CONNECTIONS_EACH + 1


@asynccontextmanager
async def server(answering: Callable[[HttpRequest, Reply], None]) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    opened = await loop.create_server(lambda: DoorProtocol(answering, problem), "127.0.0.1", 0)
    port: Any = opened.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        opened.close()


def busy(spread: AsyncSpread | Spread) -> list[int]:
    return [pool.busy for pool in spread._pools.all]


class Gathering:
    """Answers when so many have asked for the first time, and whoever asks then."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.replies: list[Reply] = []
        self.seen: list[int] = []
        self.spread: AsyncSpread | Spread | None = None

    def __call__(self, asked: HttpRequest, reply: Reply) -> None:
        self.replies.append(reply)
        if len(self.replies) < self.wanted:
            return
        self.wanted = 1
        if self.spread is not None:
            self.seen = busy(self.spread)
        replies, self.replies = self.replies, []
        for each in replies:
            each(HttpAnswer(HTTPStatus.OK, b"{}"))


def test_requests_at_once_open_pools_that_later_ones_use_again() -> None:
    async def run() -> None:
        gathering, spread = Gathering(MANY), AsyncSpread(CONTEXT, 100)
        gathering.spread = spread
        async with server(gathering) as url, httpx.AsyncClient(transport=spread) as client:
            for _ in range(3):
                gathering.wanted = MANY
                answers = await asyncio.gather(*[client.get(url) for _ in range(MANY)])
                assert {each.text for each in answers} == {"{}"}
                assert gathering.seen == [CONNECTIONS_EACH, CONNECTIONS_EACH, 1]
                assert busy(spread) == [0, 0, 0]

    asyncio.run(run())


def test_beyond_the_bound_requests_wait_for_a_connection() -> None:
    async def run() -> None:
        most = CONNECTIONS_EACH + 2
        gathering, spread = Gathering(most), AsyncSpread(CONTEXT, most)
        async with server(gathering) as url, httpx.AsyncClient(transport=spread) as client:
            asked = [asyncio.create_task(client.get(url)) for _ in range(2 * most)]
            await asyncio.gather(*asked)
            assert len(busy(spread)) == 2
            assert busy(spread) == [0, 0]

    asyncio.run(run())


def test_what_fails_or_is_given_up_keeps_no_connection() -> None:
    async def run() -> None:
        gathering, spread = Gathering(2), AsyncSpread(CONTEXT, 100)
        async with server(gathering) as url, httpx.AsyncClient(transport=spread) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(url, timeout=httpx.Timeout(30, read=0.01))
            with pytest.raises(httpx.UnsupportedProtocol):
                await client.get("nowhere://here")
            given_up = asyncio.create_task(client.get(url, timeout=30))
            while len(gathering.replies) < 1:
                await asyncio.sleep(0.001)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            assert busy(spread) == [0]

    asyncio.run(run())


def test_a_stream_keeps_its_connection_until_it_is_closed() -> None:
    async def run() -> None:
        spread = AsyncSpread(CONTEXT, 100)
        async with (
            server(Gathering(1)) as url,
            httpx.AsyncClient(transport=spread) as client,
            client.stream("GET", url) as answer,
        ):
            assert busy(spread) == [1]
            assert [part async for part in answer.aiter_bytes()] == [b"{}"]
            assert busy(spread) == [0]

    asyncio.run(run())


def test_threads_have_pools_too() -> None:
    async def run() -> None:
        gathering, spread = Gathering(MANY), Spread(CONTEXT, 100)
        gathering.spread = spread
        async with server(gathering) as url:
            with httpx.Client(transport=spread) as client, ThreadPoolExecutor(MANY) as threads:
                loop = asyncio.get_running_loop()
                asked = [loop.run_in_executor(threads, client.get, url) for _ in range(MANY)]
                answers = await asyncio.gather(*asked)
            assert {each.status_code for each in answers} == {200}
            assert gathering.seen == [CONNECTIONS_EACH, CONNECTIONS_EACH, 1]
            assert busy(spread) == [0, 0, 0]

    asyncio.run(run())


@pytest.mark.parametrize("word", ["http_proxy", "all_proxy"])
def test_proxies_of_the_environment_are_asked_but_not_for_what_needs_none(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        asked: list[str] = []

        def proxy(request: HttpRequest, reply: Reply) -> None:
            asked.append(request.path)
            reply(HttpAnswer(HTTPStatus.OK, b"proxy"))

        async with server(proxy) as by_proxy, server(Gathering(1)) as here:
            monkeypatch.setenv(word, by_proxy)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            away = "http://elsewhere.invalid/"
            async with async_client(8) as client:
                found = [(await client.get(url)).text for url in (away, here)]
            with sync_client(8) as client:
                found += [(await asyncio.to_thread(client.get, url)).text for url in (away, here)]
        assert found == ["proxy", "{}", "proxy", "{}"]
        assert asked == [away, away]

    asyncio.run(run())


def test_a_client_spreads_what_it_sends() -> None:
    async def run() -> None:
        async with server(Gathering(MANY)) as url, async_client(100) as client:
            await asyncio.gather(*[client.get(url) for _ in range(MANY)])
            (spread,) = (each for each in client._mounts.values() if isinstance(each, AsyncSpread))
            assert busy(spread) == [0, 0, 0]

    asyncio.run(run())
