"""Kills processes of a running engine on purpose, and judges what is left.

A round starts processes that will die at a named step, or kills them at a random moment, while
usage comes in; each that dies is started again. At the end nothing may be lost or doubled, and the
ledger, the local tables, the topics and the database must tell the same.
"""

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep

import psutil
from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors import clock
from connectors.clickhouse.client import Database
from connectors.kafka.client import describe_topics
from connectors.kafka.topics import Topic
from infra.bench.preload import load_reference, make_place
from infra.bench.site import Site
from infra.bench.world import example_catalogs
from infra.demo.proof import audit_now
from infra.kafka.topics import name_of, partitions_of
from infra.load.plan import Kind, LoadPlan
from infra.load.population import strangers
from infra.load.sending import Sending, records_of, send_customers
from streams.model.catalog import version_of
from streams.model.instant import HOUR
from streams.model.usage import SourcePosition
from streams.rate.plan import compile_catalog
from tests.crash.fold import OWNERS_OWN, Folded, fold_partition
from topologies.disk import RocksDisk

PROCESSES = ("mediation", "charging", "sink", "dispatcher", "keeper")
CHARGED = frozenset((Kind.GOOD, Kind.UNKNOWN))
SETTLED_WITHIN_S = 120.0
DEATH_WITHIN_S = 60.0


@dataclass
class Judgement:
    """What was found at the end; everything but `kills` must be empty or zero."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    voids: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.differences)

    def __str__(self) -> str:
        parts = [f"lost {len(self.lost)}, doubled {len(self.doubled)}, void {self.voids}"]
        return "\n".join([*parts, *self.lost[:5], *self.doubled[:5], *self.differences[:10]])


class Harness:
    """One engine under attack."""

    def __init__(self, site: Site, *, seed: int = 1, accounts: int = 40) -> None:
        self.site = site
        self.rng = Random(seed)
        self.kills: Counter[tuple[str, str]] = Counter()
        """(step, process) → how often it died there."""
        self._accounts = accounts
        self._seed = seed
        self._sent = 0
        self._start = clock.now() - 2 * HOUR
        self._sending = Sending(site.kafka)
        self._bugs: dict[str, str] = {}
        self.folds: list[Folded] = []
        """Each partition as it was last folded."""

    # -- the engine -------------------------------------------------------------------------------

    def open(self, bugs: dict[str, str] | None = None) -> None:
        """Start everything once, with catalogs and accounts; `bugs` by process."""
        self._bugs = bugs or {}
        make_place(self.site)
        for name in PROCESSES:
            self.start(name)
        load_reference(self.site, accounts=self._accounts, at=self._start)

    def start(self, name: str, at: str = "-") -> None:
        """Start a process, to die or freeze `at` a step (`kill:STEP:N`, `stop:STEP:N`)."""
        process = name.partition("@")[0]
        arguments = [process, at]
        if process in self._bugs:
            arguments.append(self._bugs[process])
        program = ("tests.crash.program", *arguments)
        self.site.start(name, program=program, extra={"VIVACE_WORKER": name})

    def restart(self, name: str, at: str = "-") -> None:
        """End a process in good order and start it again, to die at a step."""
        self.site.stop(name)
        self.start(name, at)

    def kill(self, name: str) -> None:
        """End a process at once, wherever it is."""
        self.site.kill(name)
        self.kills["random", name] += 1

    def die(self, name: str, step: str, count: int = 1) -> None:
        """Let a process that runs be one that dies at a step; `await_deaths` starts it again."""
        self.restart(name, f"kill:{step}:{count}")

    def await_deaths(self, wanted: dict[str, str]) -> None:
        """Send usage until every process has died at its step; start each again."""
        waiting = dict(wanted)
        deadline = monotonic() + DEATH_WITHIN_S
        while waiting:
            self.send(150)
            sleep(0.3)
            for name, step in list(waiting.items()):
                code = self.site.children[name].exit_code()
                if code is None:
                    continue
                assert code == -signal.SIGKILL, (name, code, self.site.children[name].last_words())
                del waiting[name], self.site.children[name]
                self.kills[step, name] += 1
                self.start(name)
            assert monotonic() < deadline, f"still alive: {waiting}"

    def freeze_and_move(self) -> None:
        """Two owners: freeze a worker between computing and appending, let another take its
        partitions and write, then let the frozen one go on."""
        self.start("charging@b")
        self.site.wait(lambda: self._owns("charging@b"), "b owns some", within_s=DEATH_WITHIN_S)
        self.restart("charging", "stop:computed:3")
        frozen = psutil.Process(self.site.children["charging"].identity.pid)
        deadline = monotonic() + DEATH_WITHIN_S
        while frozen.status() != psutil.STATUS_STOPPED:
            self.send(100)
            sleep(0.3)
            assert monotonic() < deadline, "it never froze"
        self.send(100)
        self.site.wait(self.site.mediated, "mediated", within_s=DEATH_WITHIN_S)
        self.site.wait(self.site.charged, "moved and charged", within_s=DEATH_WITHIN_S)
        os.kill(frozen.pid, signal.SIGCONT)
        self.kills["computed, frozen", "charging"] += 1
        self.send(200)
        self.site.wait(self.site.charged, "charged by both", within_s=DEATH_WITHIN_S)
        self.site.stop("charging@b")

    def _owns(self, name: str) -> bool:
        return any((self.site.folder / "workers" / name / "charging").glob("*"))

    def lose_state(self, worker: str, *, torn: bool) -> None:
        """Delete the tables of a stopped worker, or spoil a file of each."""
        for tables in (self.site.folder / "workers").glob(f"{worker}/charging/*"):
            if torn:
                for manifest in tables.glob("CURRENT"):
                    manifest.write_bytes(b"torn")
            else:
                shutil.rmtree(tables)

    # -- the load ---------------------------------------------------------------------------------

    def send(self, events: int) -> None:
        """Send some more usage: good, doubled, broken, and of unknown accounts."""
        self._sent += 1
        self._sending.send_plan(
            LoadPlan(
                events=events,
                start=self._start,
                span=HOUR,
                seed=self._seed * 100_000 + self._sent,
                accounts=self._accounts,
                doubled=40,
                broken=10,
                unknown=30,
            )
        )
        self._sending.finish()

    def settle(self) -> None:
        """Bring the strangers' accounts and wait until nothing is on its way."""
        send_customers(self.site.kafka, strangers(), at=self._start)
        self.site.wait(self._is_settled, "settled", within_s=SETTLED_WITHIN_S)

    def _is_settled(self) -> bool:
        if not (self.site.mediated() and self.site.charged()):
            return False
        with Database(self.site.clickhouse) as database:
            ((waiting,),) = database.query(
                "SELECT count() FROM suspense FINAL WHERE state = 'suspended'"
            )
        return bool(waiting == 0)

    # -- the verdict ------------------------------------------------------------------------------

    def judge(self) -> Judgement:
        """Stop all and compare ledger, core, tables, topics and database."""
        found = Judgement()
        report = audit_now(self.site.settings)
        if not report.is_ok:
            found.differences.append(json.dumps(report.as_json(), default=str)[:4000])
        charged = self._charged_in_database()
        folds = self._stopped_folds(found)
        self._find_doubled(folds, found)
        self._find_lost(folds, found)
        total = sum(sum(fold.charged.values()) for fold in folds)
        dispatched = committed_messages(self.site, Topic.RATED)
        for what, number in (("database", charged), ("topic rated", dispatched)):
            if number != total:
                found.differences.append(f"{what} has {number} charges, the ledger {total}")
        return found

    def judge_unsettled(self) -> Judgement:
        """The same while some may still be on its way: nothing that waits counts as lost."""
        found = Judgement()
        self._find_doubled(self._stopped_folds(found), found)
        return found

    def _stopped_folds(self, found: Judgement) -> list[Folded]:
        for name in list(self.site.children):
            self.site.stop(name)
        plans = {version_of(c): compile_catalog(c) for c in example_catalogs()}
        kafka = self.site.kafka
        folds = [fold_partition(kafka, number, plans) for number in range(kafka.partitions)]
        for fold in folds:
            found.voids += fold.voids
            found.differences += fold.differences
            found.differences += self._compare_tables(fold)
        self.folds = folds
        return folds

    def _charged_in_database(self) -> int:
        with Database(self.site.clickhouse) as database:
            ((count,),) = database.query("SELECT count() FROM rated FINAL")
        return int(count)

    def _find_doubled(self, folds: Sequence[Folded], found: Judgement) -> None:
        charged = self._charged(folds)
        found.doubled += [key.hex() for key, count in charged.items() if count > 1]

    def _charged(self, folds: Sequence[Folded]) -> Counter[bytes]:
        charged: Counter[bytes] = Counter()
        for fold in folds:
            charged += fold.charged
        return charged

    def _find_lost(self, folds: Sequence[Folded], found: Judgement) -> None:
        charged = self._charged(folds)
        ends: Counter[SourcePosition] = Counter()
        for fold in folds:
            for (position, _), count in fold.ends.items():
                ends[position] += count
        usage = name_of(Topic.USAGE, self.site.kafka)
        topic_id = describe_topics(self.site.kafka, [usage])[usage].topic_id
        good = 0
        for partition, offset, index, kind in records_of(self._sending.placed):
            good += kind in CHARGED
            if kind is Kind.BROKEN:
                continue
            position = SourcePosition(topic_id, partition, offset, index)
            if not ends[position]:
                found.lost.append(f"{kind} {position}")
        of_records = sum(charged.values()) - sum(fold.made for fold in folds)
        if of_records != good:
            found.differences.append(f"{good} records were sent, {of_records} charged")

    def _compare_tables(self, fold: Folded) -> list[str]:
        """The newest local tables of the partition against its ledger."""
        folders = list((self.site.folder / "workers").glob(f"*/charging/{fold.partition}"))
        wanted = {k: v for k, v in fold.state.items() if not k.startswith(OWNERS_OWN)}
        best = None
        for folder in folders:
            disk = RocksDisk(Path(folder))
            kept = {k: v for k, v in disk.items(b"", b"\xff") if not k.startswith(OWNERS_OWN)}
            disk.close()
            if kept == wanted:
                return []
            best = kept
        if best is None:
            return [f"partition {fold.partition} has no local tables"]
        differing = [k for k in wanted.keys() | best.keys() if wanted.get(k) != best.get(k)]
        return [
            f"tables of {fold.partition}: {len(differing)} keys differ, such as {differing[:3]}"
        ]


def committed_messages(site: Site, topic: Topic) -> int:
    """How many messages a reader of committed transactions sees."""
    consumer = Consumer(
        {
            "bootstrap.servers": site.kafka.bootstrap,
            "group.id": "count",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    name = name_of(topic, site.kafka)
    left = set(range(partitions_of(topic, site.kafka)))
    consumer.assign([TopicPartition(name, number, 0) for number in left])
    count = 0
    while left:
        for message in consumer.consume(500, 0.2):
            if message.error() is None:
                count += 1
            else:
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                left.discard(message.partition())
    consumer.close()
    return count
