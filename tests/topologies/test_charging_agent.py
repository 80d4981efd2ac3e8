"""Owners over rebalances, kills and freezes: each record ends exactly once in the valid ledger."""

import contextlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.kafka.client import new_producer
from connectors.kafka.codec import encode_usage_batch
from connectors.kafka.ledger import LedgerFollower
from connectors.kafka.owners import live_workers
from connectors.settings import KafkaSettings
from streams.model.usage import Usage, UsageBatch, UsageRecord, record_id_of
from tests.topologies.toys import ROOT, wait_for

PARTITIONS = 4
RECORDS_A_BATCH = 20


@contextlib.contextmanager
def charging_worker(
    kafka: KafkaSettings, folder: Path, name: str, *, within: Sequence[str] = ()
) -> Iterator["subprocess.Popen[bytes]"]:
    """A running worker, as an argument of the command `within`; killed at the end."""
    with (folder / f"{name}.log").open("ab") as output:
        process = subprocess.Popen(
            [
                *within,
                sys.executable,
                "-m",
                "tests.topologies.toy_charging",
                kafka.bootstrap,
                kafka.prefix,
                str(folder),
                name,
            ],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


class Feed:
    """Sends usage batches to all partitions, each twice now and then, and knows what it sent."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._topic = f"{kafka.prefix}charging"
        self._producer = new_producer(kafka)
        self.sent: set[bytes] = set()

    def send(self, batches: int) -> None:
        for _ in range(batches):
            for partition in range(PARTITIONS):
                message = encode_usage_batch(self._batch())
                for _ in range(2 if len(self.sent) % 300 == 0 else 1):
                    self._producer.produce(self._topic, message, partition=partition)
        assert self._producer.flush(20) == 0

    def _batch(self) -> UsageBatch:
        first = len(self.sent)
        records = tuple(_record(first + number) for number in range(RECORDS_A_BATCH))
        self.sent.update(record.record_id for record in records)
        return UsageBatch("T" * 22, 0, "v", records)


def _record(number: int) -> UsageRecord:
    record_id = record_id_of(tenant="acme", source="s", event_id=str(number), part=0)
    usages = (Usage("requests", 1),)
    key = f"key-{number}"
    return UsageRecord(
        record_id, "acme", "s", str(number), 0, number, 0, "api_call", key, key, 0, 0, usages, {}
    )


class Ledger:
    """What the valid ledger says of each record, as it grows."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._follower = LedgerFollower(kafka, dict.fromkeys(range(PARTITIONS), -1))
        self.ended: Counter[bytes] = Counter()
        self.owners: set[bytes] = set()

    def read(self) -> int:
        """Take what is new; the number of records that have ended."""
        for valid in self._follower.poll(timeout_s=0.1):
            self.owners.add(valid.record.owner)
            self.ended.update(v.record.record_id for v in valid.record.verdicts if v.record)
        return len(self.ended)

    @property
    def voids(self) -> int:
        return self._follower.voids


def settled(feed: Feed, ledger: Ledger) -> None:
    """Wait until every record that was sent has ended; each must have ended once."""
    wait_for(lambda: ledger.read() >= len(feed.sent), "every record in the ledger", 60)
    assert set(ledger.ended) == feed.sent
    assert set(ledger.ended.values()) == {1}


def test_partitions_move_with_workers_that_join_leave_and_die(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """A second worker joins, the first leaves by SIGTERM and comes back, the second is killed."""
    feed, ledger = Feed(kafka_settings), Ledger(kafka_settings)
    feed.send(20)
    with charging_worker(kafka_settings, tmp_path, "w1") as first:
        wait_for(lambda: ledger.read() > 0, "a first record")
        with charging_worker(kafka_settings, tmp_path, "w2") as second:
            wait_for(lambda: _shared(kafka_settings, feed), "both to own partitions", 60)
            first.send_signal(signal.SIGTERM)
            feed.send(20)
            assert first.wait(10) == 0
            settled(feed, ledger)
            with charging_worker(kafka_settings, tmp_path, "w1"):
                wait_for(lambda: _shared(kafka_settings, feed), "both to own partitions", 60)
                second.kill()
                feed.send(20)
                settled(feed, ledger)


def test_an_owner_that_wakes_too_late_changes_nothing(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """SIGSTOP in the middle of work until another has its partitions, then SIGCONT."""
    feed, ledger = Feed(kafka_settings), Ledger(kafka_settings)
    with charging_worker(kafka_settings, tmp_path, "w1") as zombie:
        feed.send(20)
        wait_for(lambda: ledger.read() > 0, "a first record")
        feed.send(200)
        zombie.send_signal(signal.SIGSTOP)
        with charging_worker(kafka_settings, tmp_path, "w2"):
            settled(feed, ledger)
            zombie.send_signal(signal.SIGCONT)
            feed.send(20)
            wait_for(lambda: _shared(kafka_settings, feed), "both to own partitions", 60)
            settled(feed, ledger)


def _shared(kafka: KafkaSettings, feed: Feed) -> bool:
    """True when two workers own partitions; keeps them busy meanwhile."""
    feed.send(1)
    owning = [said for said in live_workers(kafka).values() if said.partitions]
    return len(owning) == 2 and sum(len(said.partitions) for said in owning) == PARTITIONS
