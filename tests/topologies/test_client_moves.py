"""The shipped client on real workers: partitions move and workers die while its sessions run."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connectors.api.keys import KeyStore, Scope
from connectors.catalog.load import read_catalog
from connectors.client.aio import AsyncClient
from connectors.client.calls import Patience
from connectors.client.leases import Decision, LeaseBook, LeaseTerms
from connectors.client.options import ClientOptions
from connectors.client.words import Service
from connectors.clock import now
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.commands import CommandSender
from connectors.kafka.ledger import LedgerFollower
from connectors.kafka.owners import live_workers
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.due.arrive import MOVED_IN
from streams.model.balance_command import TopUp
from streams.model.catalog import Catalog
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER
from streams.model.move_command import MoveAccount
from streams.model.rated import RatedUsage
from streams.partition import partition_of
from tests.connectors.door import Door, DoorSettings
from tests.topologies.engine import Engine
from tests.topologies.test_online_door import CATALOG, PLAN, TENANT
from tests.topologies.toys import wait_for

pytestmark = [pytest.mark.xdist_group("online_door"), pytest.mark.timeout(600)]

ACCOUNTS = 16
LIMIT_S = 30.0
WITHIN_S = 150.0
"""Where many tests share few cores."""


@dataclass
class Site:
    """A gateway, workers by name, and accounts with plenty of money."""

    kafka: KafkaSettings
    folder: Path
    gateway: str
    key: str
    workers: dict[str, Engine] = field(default_factory=dict)

    def start(self, name: str) -> None:
        engine = self.workers[name] = Engine(self.kafka, self.folder)
        engine.environment["VIVACE_WORKER"] = name
        engine.start("charging")

    def stop(self, name: str) -> None:
        assert self.workers.pop(name).stop() == {"charging": 0}

    def kill(self, name: str) -> None:
        self.workers.pop(name).kill("charging")

    def owns(self, name: str) -> int:
        """How many partitions a worker says that it has."""
        found = live_workers(self.kafka).get(name)
        return len(found.partitions) if found else 0

    def client(self) -> AsyncClient:
        options = ClientOptions(direct=True, patience=Patience(deadline_s=LIMIT_S))
        return AsyncClient(self.gateway, tenant=TENANT, key=self.key, options=options)

    def charged(self) -> int:
        """All requests that stand in the ledger."""
        return sum(
            int(usage.quantity) for charge in self._rated() for usage in charge.record.usages
        )

    def has_arrived(self, times: int) -> bool:
        """True where accounts' money has come to another partition so often."""
        found = sum(charge.record.usage_type == MOVED_IN for charge in self._rated())
        assert found <= times
        return found == times

    def move_all(self, turn: int) -> int:
        """Move every account on; how many of them come to another partition."""
        moved = 0
        with CommandSender(self.kafka) as sender:
            for number in range(ACCOUNTS):
                name = f"c{number}"
                root, to_root = f"{name}-{turn - 1}" if turn else name, f"{name}-{turn}"
                move = (f"m{turn}{name}", TENANT, name, root, to_root, now(), "by the test")
                sent = sender.send([MoveAccount(*move)])
                moved += self._home(root) != self._home(to_root)
            sender.wait(sent, timeout_s=60)
        return moved

    def _home(self, root: str) -> int:
        return partition_of(TENANT, root, self.kafka.partitions)

    def _rated(self) -> Iterator[RatedUsage]:
        with LedgerFollower(self.kafka, dict.fromkeys(range(self.kafka.partitions), -1)) as follow:
            ends = follow.end_positions()
            while any(follow.next_offsets()[each] < end for each, end in ends.items()):
                for valid in follow.poll(timeout_s=0.2):
                    yield from valid.record.rated


@pytest.fixture
def site(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> Iterator[Site]:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "catalog.yaml").write_text(CATALOG)
    catalog = read_catalog(tmp_path / "catalog")
    assert isinstance(catalog, Catalog), catalog
    version = publish(kafka_settings, catalog)
    activate(kafka_settings, tenant=TENANT, version=version, start=BEGINNING)
    _, key = KeyStore(tmp_path).create(name="w", scope=Scope.WRITE, tenant=TENANT, at=0)
    door = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    opened = Site(kafka_settings, tmp_path, door.address, key)
    opened.start("one")
    with CommandSender(kafka_settings) as sender:
        for number in range(ACCOUNTS):
            name = f"c{number}"
            command = PutAccount(f"a{name}", TENANT, name, name, "prepaid", "CHF", "UTC", None)
            place = (f"key-{name}", name, name, name, PLAN, BEGINNING, FOREVER)
            money = (Decimal(10_000), "CHF", BEGINNING, "test")
            sent = sender.send(
                [
                    command,
                    AssignService(f"s{name}", TENANT, *place),
                    TopUp(f"t{name}", TENANT, name, name, *money),
                ]
            )
        sender.wait(sent, timeout_s=60)
    wait_for(lambda: opened.owns("one") == kafka_settings.partitions, "an owner", 60)
    yield opened
    for engine in opened.workers.values():
        engine.stop()
    door.close()


def calls(asked: int = 0, used: int = 0) -> Service:
    return Service(
        usage_type="api_call",
        requested={"requests": asked} if asked else {},
        used={"requests": used} if used else {},
    )


@dataclass
class Run:
    """Sessions that run until they are told to end, and what they saw."""

    used: int = 0
    longest_s: float = 0.0
    """Of the answers since workers are disturbed."""
    is_over: bool = False
    done: list[int] = field(default_factory=list)
    """Ended sessions, by who runs them one after the other."""

    async def sessions_of(self, client: AsyncClient, service_id: str) -> None:
        place = len(self.done)
        self.done.append(0)
        while not self.is_over:
            session = client.session(service_id)
            granted = await self.timed(session.reserve(calls(10)))
            assert granted.granted("requests") == 10
            for _ in range(3):
                await self.timed(session.extend(calls(10, used=2)))
                await asyncio.sleep(0.05)
            done = await self.timed(session.confirm(calls(used=3)))
            assert done.code == "success"
            self.used += 9
            self.done[place] += 1

    async def timed(self, asking: Awaitable[Any]) -> Any:
        began = time.monotonic()
        answer = await asking
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        assert not answer.is_offline, answer
        return answer

    def go_on(self) -> None:
        """Wait until everybody has ended a session that began after now, or stopped."""
        before = [*self.done]
        wait_for(
            lambda: (
                self.is_over
                or all(now > then + 1 for now, then in zip(self.done, before, strict=True))
            ),
            "a session more of everybody",
            WITHIN_S,
        )


async def run_sessions(site: Site, count: int, disturb: Callable[[Run], None]) -> Run:
    """So many sessions at a time, while something happens to the workers. Any error fails."""
    run = Run()

    def all_of_it() -> None:
        run.go_on()
        run.longest_s = 0.0
        disturb(run)
        run.go_on()

    async with site.client() as client:
        running = [
            asyncio.create_task(run.sessions_of(client, f"key-c{number % ACCOUNTS}"))
            for number in range(count)
        ]
        await asyncio.sleep(0)  # all of them are there
        going = asyncio.gather(*running)
        disturbing = asyncio.create_task(asyncio.to_thread(all_of_it))
        await asyncio.wait({going, disturbing}, return_when=asyncio.FIRST_COMPLETED)
        run.is_over = True
        await going
        await disturbing
    return run


def test_partitions_move_while_sessions_run(site: Site) -> None:
    def disturb(run: Run) -> None:
        site.start("two")
        wait_for(lambda: site.owns("two") > 0, "partitions of the second worker", WITHIN_S)
        wait_for(
            lambda: site.owns("one") + site.owns("two") == site.kafka.partitions, "all", WITHIN_S
        )
        run.go_on()
        site.stop("one")
        wait_for(lambda: site.owns("two") == site.kafka.partitions, "all partitions", WITHIN_S)

    run = asyncio.run(run_sessions(site, 64, disturb))
    Console().print(f"longest pause {run.longest_s:.2f} s, {sum(run.done)} sessions")
    assert run.longest_s < LIMIT_S
    assert site.charged() == run.used


def test_accounts_move_to_other_roots_while_their_sessions_run(site: Site) -> None:
    moves = 3

    def disturb(run: Run) -> None:
        moved = 0
        for turn in range(moves):
            moved += site.move_all(turn)
            if turn == 1:
                site.kill("one")
                site.start("one")
            arrived = partial(site.has_arrived, moved)
            wait_for(arrived, "all accounts in their new partitions", WITHIN_S)
            run.go_on()

        assert moved > ACCOUNTS

    run = asyncio.run(run_sessions(site, 32, disturb))
    Console().print(f"longest pause {run.longest_s:.2f} s, {sum(run.done)} sessions")
    assert run.longest_s < LIMIT_S
    assert site.charged() == run.used


def test_a_worker_dies_while_sessions_and_leases_run(site: Site) -> None:
    async def main() -> tuple[Run, int]:
        terms = LeaseTerms(usage_type="api_call", unit="requests", slice=50, valid_for=60)
        async with site.client() as edge:
            book = LeaseBook(edge.desk, terms, key=site.key)
            await edge.drive(book.renewal("key-c0"))
            taken = 0

            def disturb(run: Run) -> None:
                nonlocal taken
                site.kill("one")
                for _ in range(20):  # the edge asks nobody
                    taken += book.take("key-c0") is Decision.GRANTED
                site.start("two")
                wait_for(lambda: site.owns("two") == site.kafka.partitions, "all", WITHIN_S)

            run = await run_sessions(site, 16, disturb)
            await edge.drive(book.end("key-c0"))
            return run, taken

    run, taken = asyncio.run(main())
    Console().print(f"longest pause {run.longest_s:.2f} s, {sum(run.done)} sessions")
    assert taken == 20
    assert site.charged() == run.used + taken
