"""Online charging over HTTP on one worker core: reserve and confirm, by many callers at once."""

import asyncio
import time
from contextlib import closing
from decimal import Decimal
from statistics import quantiles
from urllib.parse import urlsplit

import uvloop
from msgspec import Struct

from connectors.api.keys import KeyStore, Scope
from connectors.catalog.load import load_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import new_producer
from connectors.kafka.commands import CommandSender
from connectors.kafka.ledger import LedgerFollower
from connectors.kafka.owners import live_workers
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.bench.asking import ACCOUNTS, CATALOG, accounts_of, messages_of, service_of
from infra.bench.cores import measured_cores, on_cores, other_cores
from infra.bench.engines import BenchPlace
from infra.bench.measuring import Tell, own_place
from infra.bench.preload import make_place
from infra.bench.site import Site
from infra.bench.world import CATALOGS
from infra.load.plan import Workload
from streams.model.instant import BEGINNING

WORKER = "charging"
CALLERS = (1, 8, 64)
_PRODUCED = 2_000
_READY_S = 120.0
_WARM = 0.1
"""The share of answers at the beginning that is left out."""


class Answered(Struct, kw_only=True):
    """Milliseconds from a request to its answer, and how many a second."""

    p50_ms: float
    p99_ms: float
    per_s: int


class OnlineResult(Struct, kw_only=True):
    """By callers: on many accounts, and on one. `overspend` is what was granted beyond money."""

    callers: dict[str, Answered]
    hot: dict[str, Answered]
    bare_produce: Answered
    overspend: str


def measure_online(place: BenchPlace, *, seconds: float, tell: Tell) -> OnlineResult:
    """Reserve and confirm for so long by each number of callers, on many accounts and on one."""
    with own_place(place.site, Workload.API) as here:
        make_place(here)
        _, key = KeyStore(here.folder).create(name="bench", scope=Scope.WRITE, tenant="", at=0)
        catalog = load_catalog(CATALOGS / CATALOG)
        activate(
            here.kafka,
            tenant=catalog.tenant,
            version=publish(here.kafka, catalog),
            start=BEGINNING,
        )
        here.start(WORKER, cores=measured_cores())
        tell(f"{ACCOUNTS:,} accounts")
        _open_accounts(here.kafka, catalog.tenant)
        door = _Door(_address(here), catalog.tenant, key)
        with on_cores(other_cores()):
            bare = _bare_produce(here.kafka)
            many, hot = dict[str, Answered](), dict[str, Answered]()
            for callers in CALLERS:
                tell(f"{callers} callers on many accounts, then on one")
                many[str(callers)] = door.measure(callers, seconds, accounts=ACCOUNTS)
                hot[str(callers)] = door.measure(callers, seconds, accounts=1)
        beyond = _overrun(here.kafka)
        here.stop(WORKER)
    return OnlineResult(callers=many, hot=hot, bare_produce=bare, overspend=str(beyond))


def _open_accounts(kafka: KafkaSettings, tenant: str) -> None:
    with closing(CommandSender(kafka)) as sender:
        sender.wait(sender.send(accounts_of(tenant)), timeout_s=_READY_S)


def _address(site: Site) -> str:
    found: list[str] = []

    def is_told() -> bool:
        found[:] = [each.address for each in live_workers(site.kafka).values() if each.address]
        return bool(found)

    site.wait(is_told, "the worker's door", within_s=_READY_S)
    return found[0]


def _bare_produce(kafka: KafkaSettings) -> Answered:
    """One acknowledged message after the other on the same broker."""
    producer = new_producer(kafka, {"linger.ms": 0})
    topic, took = f"{kafka.prefix}{Topic.OUTCOMES}", list[float]()
    value = b"x" * 600
    for _ in range(_PRODUCED):
        began = time.perf_counter()
        producer.produce(topic, value, partition=0)
        producer.flush(_READY_S)
        took.append(time.perf_counter() - began)
    return _summed(took, sum(took))


def _overrun(kafka: KafkaSettings) -> Decimal:
    """All that stands on `overrun` in the ledger."""
    total = Decimal(0)
    with LedgerFollower(kafka, dict.fromkeys(range(kafka.partitions), -1)) as follower:
        ends = follower.end_positions()
        while any(follower.next_offsets()[p] < end for p, end in ends.items()):
            for valid in follower.poll(timeout_s=0.2):
                for charge in valid.record.rated:
                    for posting in charge.postings:
                        if posting.ledger_account == "overrun":
                            total += abs(Decimal(posting.amount))
    return total


def _summed(took: list[float], lasted: float) -> Answered:
    cuts = quantiles([each * 1000 for each in took], n=100, method="inclusive")
    return Answered(
        p50_ms=round(cuts[49], 2), p99_ms=round(cuts[98], 2), per_s=round(len(took) / lasted)
    )


class _Door:
    """The worker's door as callers use it: one connection each."""

    def __init__(self, address: str, tenant: str, key: str) -> None:
        parts = urlsplit(address)
        self._place = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._tenant = tenant
        self._key = key
        self._runs = 0

    def measure(self, callers: int, seconds: float, *, accounts: int) -> Answered:
        """What so many callers see for so long."""
        self._runs += 1
        took: list[tuple[float, float]] = []

        async def all_of_them() -> None:
            until = time.perf_counter() + seconds
            await asyncio.gather(
                *(self._call(number, until, took, accounts) for number in range(callers))
            )

        began = time.perf_counter()
        uvloop.run(all_of_them())
        warm = began + seconds * _WARM
        counted = [lasted for at, lasted in took if at >= warm]
        return _summed(counted, time.perf_counter() - warm)

    async def _call(
        self, number: int, until: float, took: list[tuple[float, float]], accounts: int
    ) -> None:
        reader, writer = await asyncio.open_connection(*self._place)
        turn = 0
        while time.perf_counter() < until:
            service = service_of((number * 131 + turn * 17) % accounts)
            session = f"{self._runs}-{number}-{turn}"
            for message in messages_of(self._tenant, self._key, session, service):
                began = time.perf_counter()
                writer.write(message)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0])
                body = await reader.readexactly(length)
                took.append((began, time.perf_counter() - began))
                assert head[9:12] == b"200", body
            turn += 1
        writer.close()
