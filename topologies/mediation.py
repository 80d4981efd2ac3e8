"""Agent MEDIATION: each batch of a source topic is harmonised, guided and sent on, then done.

The chain is pure (`runner.py`); this file brings it batches, the accounts it looks up, and the
catalogs in force. Acknowledged is a batch when the broker has all that was made of it. Any error
beyond a wrong record stops the worker with the batch unacknowledged.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
from faust.types import TP

from connectors.accounts.directory import AccountsDirectory
from connectors.errors import Unavailable
from connectors.kafka.client import describe_topics
from connectors.kafka.codec import ACCOUNTS_OFFSET
from connectors.kafka.topics import Topic
from streams.model.event import Arrival
from streams.rate.plan import Plan
from streams.sources import MediationPlans
from streams.state import CatalogMarks
from topologies import metrics
from topologies.app import build_app, check_topics
from topologies.outputs import MediationOutputs
from topologies.process import run_stages
from topologies.reject_limit import RejectLimit
from topologies.runner import MediationRunner
from topologies.settings import Settings
from topologies.stage import WorkerParts
from topologies.transport.batch import Batch
from topologies.transport.stop import stop_failed
from topologies.transport.subscription import read_also
from topologies.turns import Place

FACT_S: Final = 1.0
"""How long released records wait for a fact; without it they would be suspended again."""

TOPICS_S: Final = 1.0
"""How soon a topic is read that a catalog has just named."""

SLICE_RECORDS: Final = 128
"""Records that go through the chain together: what they become stays in the processor's cache."""

_log = structlog.get_logger()


class MediationStage:
    """The agent, its copy of the accounts and its chain."""

    name = "mediation"

    def __init__(self, parts: WorkerParts) -> None:
        kafka = parts.kafka
        self._parts = parts
        usage, release = f"{kafka.prefix}{Topic.USAGE}", f"{kafka.prefix}{Topic.RELEASE}"
        self._topics = {usage: str(Topic.USAGE), release: str(Topic.RELEASE)}
        self._topic_ids = check_topics(kafka, dict.fromkeys(self._topics, 1))
        self._lacking: set[str] = set()
        self._directory = AccountsDirectory(kafka, parts.folder / "accounts")
        self.app = build_app(self.name, parts, records_max=parts.options.usage_records_max)
        self._outputs = MediationOutputs(self.app.producer, kafka.prefix)
        self._runner = MediationRunner(
            plans=MediationPlans({}, {}),
            directory=self._directory,
            partitions=kafka.partitions,
            limit=RejectLimit(),
            engine=parts.engine,
        )
        self._plans_of: tuple[object, int] = (None, 0)
        self._widening: asyncio.Task[None] | None = None

    def _define_agent(self, topics: Sequence[str]) -> None:
        app = self.app
        app.on_partitions_assigned.connect(self._assigned)

        @app.agent(app.topic(*topics), isolated_partitions=True, name="mediation")  # type: ignore[untyped-decorator]
        async def mediation(stream: Any) -> None:
            async for event in stream.events():
                await self.mediate(event.value)
                app.consumer.acknowledge(event.message)

    async def mediate(self, batch: Batch) -> None:
        """Run the chain over the batch; returns when all outputs are acknowledged."""
        began = time.perf_counter()
        topic = self._topics[batch.topic]
        is_release = topic == Topic.RELEASE
        if is_release:
            await self._await_fact(batch)
        self._take_new_catalogs()
        runner = self._runner
        run = runner.run_released_arrivals if is_release else runner.run_arrivals
        topic_id = self._topic_ids[batch.topic]
        outputs = map(run, slices(batch, topic=topic, topic_id=topic_id))
        await self._outputs.send(outputs, Place(self._parts.turns))
        metrics.READ.labels(topic).inc(len(batch))
        metrics.MEDIATION_S.observe(time.perf_counter() - began)

    async def _await_fact(self, batch: Batch) -> None:
        """Try released records only once the fact that calls for them is known here, or is late."""
        wanted = max(accounts_offset(record.headers) for record in batch.records)
        until = time.monotonic() + FACT_S
        while self._directory.position < wanted and time.monotonic() < until:
            await asyncio.sleep(0.01)

    def _take_new_catalogs(self) -> None:
        """Work by the catalogs in force, when a version was compiled or activated."""
        marks, plans = self._directory.marks, self._parts.library.plans
        if self._plans_of != (marks, len(plans)):
            self._plans_of = (marks, len(plans))
            compiled = {version: plan.mediation for version, plan in plans.items()}
            self._runner.plans = MediationPlans(compiled, marks)

    async def _widen(self) -> None:
        """Read also the topics of catalogs that are activated while the worker runs."""
        try:
            while True:
                await asyncio.sleep(TOPICS_S)
                with suppress(Unavailable):
                    added = await self._add_topics()
                    if added:
                        await read_also(self.app, added)
                        _log.info("reading more topics", topics=added)
        except Exception as error:
            await stop_failed(self.app, error)

    async def _add_topics(self) -> list[str]:
        """Learn of topics that active catalogs name and the broker has; the new ones.

        A topic that does not exist yet is told once and looked for again.
        """
        kafka = self._parts.kafka
        named = source_topics(self._parts.library.plans, self._directory.marks)
        unread = {f"{kafka.prefix}{topic}": topic for topic in named - {*self._topics.values()}}
        found = await asyncio.to_thread(describe_topics, kafka, sorted(unread)) if unread else {}
        for name, facts in found.items():
            self._topics[name] = unread[name]
            self._topic_ids[name] = facts.topic_id
        lacking = unread.keys() - found.keys()
        for name in lacking - self._lacking:
            _log.warning("an active catalog names a topic that does not exist", topic=name)
        self._lacking = lacking
        return sorted(found)

    async def _assigned(self, _app: Any, _assigned: set[TP], **_: Any) -> None:
        metrics.REBALANCES.labels(self.name).inc()

    # Stage, as the worker knows it

    address = ""
    """It has no door."""

    def partitions(self) -> Mapping[int, int]:
        """None: mediation has no state."""
        return {}

    def active_versions(self) -> tuple[str, ...]:
        """Every version that the accounts topic names as activated."""
        marks = self._directory.marks.values()
        return tuple(sorted({version for each in marks for _, version in each.marks}))

    def observe(self) -> None:
        """Gauges of lag and of the directory."""
        metrics.DIRECTORY_POSITION.set(self._directory.position)
        metrics.observe_lag(self.app.consumer)

    async def open(self) -> None:
        """Read the accounts up to now before any usage is looked up in them."""
        self.app.consumer.on_trimmed = metrics.count_trimmed
        self._directory.start()
        await asyncio.to_thread(self._directory.wait_current)
        await self._add_topics()
        self._define_agent(sorted(self._topics))
        self._widening = asyncio.create_task(self._widen())

    async def drain(self) -> None:
        """Batches in hand finish while the app stops; no more topics are added."""
        if self._widening is not None:
            self._widening.cancel()

    async def close(self) -> None:
        """Stop following the accounts."""
        self._directory.close()


def source_topics(plans: Mapping[str, Plan], marks: Mapping[str, CatalogMarks]) -> set[str]:
    """The topics that the source platforms of activated catalog versions name."""
    active = (version for each in marks.values() for _, version in each.marks)
    return {
        platform.platform.topic
        for version in active
        if version in plans
        for platform in plans[version].mediation.platforms
    }


def accounts_offset(headers: Sequence[tuple[str, bytes]]) -> int:
    """Where the fact stands on topic `accounts` that a record was released for, -1 for none."""
    text = dict(headers or ()).get(ACCOUNTS_OFFSET, b"")
    return int(text) if text.isdigit() else -1


def slices(batch: Batch, *, topic: str, topic_id: str) -> Iterator[list[Arrival]]:
    """The records of a batch as the chain takes them, a few at a time; times in microseconds."""
    records, partition = batch.records, batch.partition
    for first in range(0, len(records), SLICE_RECORDS):
        yield [
            Arrival(
                topic,
                topic_id,
                partition,
                record.offset,
                0,
                record.timestamp * 1000,
                record.value or b"",
                record.headers,
            )
            for record in records[first : first + SLICE_RECORDS]
        ]


def run(settings: Settings) -> None:
    """Run a mediation worker until SIGTERM. Raises what stopped it."""
    run_stages(settings, [MediationStage])
