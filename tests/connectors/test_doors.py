"""A gateway's request while partitions move: it waits, and finds whoever has them then."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx
import pytest

from connectors.api import doors
from connectors.api.doors import Doors
from connectors.errors import Unavailable
from connectors.kafka.owners import WorkerAnnouncement
from connectors.settings import KafkaSettings

KAFKA = KafkaSettings(bootstrap="", partitions=2)
ONE, TWO = "http://one:1", "http://two:2"
Answering = Callable[[str], httpx.Response]


class Cluster:
    """Workers by address: each answers, or is gone."""

    def __init__(self) -> None:
        self.workers: dict[str, httpx.Response | None] = {}
        self.asked: list[str] = []
        self.heard = 0

    def hear(self, _: KafkaSettings) -> Mapping[str, WorkerAnnouncement]:
        self.heard += 1
        return {
            address: WorkerAnnouncement(worker=address, agents=(), address=address)
            for address in self.workers
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        address = f"{request.url.scheme}://{request.url.netloc.decode()}"
        self.asked.append(address)
        found = self.workers.get(address)
        if found is None:
            raise httpx.ConnectError("gone")
        return httpx.Response(found.status_code, json=found.json())

    def doors(self) -> Doors:
        opened = Doors(KAFKA, hear=self.hear)
        opened._client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return opened


def has(*partitions: int) -> httpx.Response:
    return httpx.Response(421, json={"partitions": partitions})


def done() -> httpx.Response:
    return httpx.Response(200, json={})


def send(opened: Doors) -> Coroutine[Any, Any, httpx.Response]:
    return opened.send("/x", b"", {}, tenant="t", service_id="s")


def look(opened: Doors) -> Coroutine[Any, Any, httpx.Response]:
    return opened.look("/x", {})


def run(
    cluster: Cluster,
    request: Callable[[Doors], Coroutine[Any, Any, httpx.Response]] = send,
    *,
    after: Callable[[], None] | None = None,
    count: int = 1,
) -> Any:
    async def ask() -> Any:
        opened = cluster.doors()
        asking = [asyncio.create_task(request(opened)) for _ in range(count)]
        if after is not None:
            await asyncio.sleep(0.25)
            after()
        found = await asyncio.gather(*asking, return_exceptions=True)
        await opened.close()
        return found

    return asyncio.run(ask())


@pytest.fixture(autouse=True)
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes is waited for, however slowly it comes here."""
    monkeypatch.setattr(doors, "WAIT_S", 30)


@pytest.mark.parametrize("request_of", [send, look])
def test_it_waits_for_a_worker_that_takes_the_partition(request_of: Any) -> None:
    cluster = Cluster()
    cluster.workers = {ONE: has(0)}

    def joined() -> None:
        cluster.workers[TWO] = done()

    (found,) = run(cluster, request_of, after=joined)
    assert found.status_code == 200


def test_it_waits_for_any_worker() -> None:
    cluster = Cluster()
    cluster.workers = {ONE: None}

    def started() -> None:
        cluster.workers = {TWO: done()}

    (found,) = run(cluster, after=started)
    assert found.status_code == 200


def test_it_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "WAIT_S", 0.3)
    cluster = Cluster()
    cluster.workers = {ONE: has(0)}
    (found,) = run(cluster)
    assert isinstance(found, Unavailable)
    assert "on their way" in str(found)


def test_where_all_partitions_are_open_nobody_waits() -> None:
    cluster = Cluster()
    cluster.workers = {ONE: has(0), TWO: has(1)}
    (found,) = run(cluster)
    assert found.status_code == 421
    assert cluster.asked == [ONE, TWO]


def test_so_many_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "WAITING_MAX", 3)
    cluster = Cluster()
    cluster.workers = {ONE: has(0)}

    def joined() -> None:
        cluster.workers[TWO] = done()

    found = run(cluster, after=joined, count=5)
    assert [isinstance(each, Unavailable) for each in found] == [False] * 3 + [True] * 2


def test_many_that_want_to_know_who_is_there_ask_once() -> None:
    cluster = Cluster()
    cluster.workers = {ONE: done()}
    assert all(each.status_code == 200 for each in run(cluster, count=20))
    assert cluster.heard == 1
