"""A charging worker whose disk fills while it runs: it stops, and nothing is lost or doubled."""

import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from connectors.kafka.client import new_consumer
from connectors.kafka.ledger import LedgerFollower
from connectors.settings import KafkaSettings
from tests.topologies.test_charging_agent import (
    PARTITIONS,
    Feed,
    Ledger,
    charging_worker,
    settled,
)
from tests.topologies.toys import wait_for

FILE_BYTES = 64 * 1024
TINY_DISK = 'mkdir -p {0} && mount -t tmpfs -o size=4m tmpfs {0} && exec "$@"'


def acknowledged(kafka: KafkaSettings) -> dict[int, int]:
    """By partition the first message of `charging` that the workers' group has not acknowledged."""
    consumer = new_consumer(kafka, {"group.id": f"{kafka.prefix}vivace-charging"})
    topic = f"{kafka.prefix}charging"
    places = consumer.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], timeout=10)
    consumer.close()
    return {place.partition: place.offset for place in places}


def taken(kafka: KafkaSettings) -> dict[int, int]:
    """By partition the last message of `charging` that stands in the valid ledger."""
    found = dict.fromkeys(range(PARTITIONS), -1)
    with LedgerFollower(kafka, found) as follower:
        ends = follower.end_positions()
        while any(follower.next_offsets()[p] < end for p, end in ends.items()):
            for valid in follower.poll(timeout_s=0.2):
                found[valid.partition] = valid.record.written[0]
    return found


def fill(worker: "subprocess.Popen[bytes]", feed: Feed) -> int:
    """Send until the worker has ended; its exit code."""

    def ended() -> bool:
        feed.send(20)
        return worker.poll() is not None

    wait_for(ended, "the worker's end", 60)
    return worker.wait()


def stopped_with_nothing_lost(
    kafka: KafkaSettings, folder: Path, feed: Feed, ledger: Ledger
) -> None:
    reached = taken(kafka)
    for partition, first in acknowledged(kafka).items():
        assert first <= reached[partition] + 1, "acknowledged what no ledger holds"
    assert ledger.read() < len(feed.sent)
    with charging_worker(kafka, folder, "w"):
        settled(feed, ledger)


def test_a_file_that_may_not_grow_stops_the_worker(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    feed, ledger = Feed(kafka_settings), Ledger(kafka_settings)
    feed.send(5)
    with charging_worker(kafka_settings, tmp_path, "w") as worker:
        settled(feed, ledger)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        assert fill(worker, feed) > 0
    stopped_with_nothing_lost(kafka_settings, tmp_path, feed, ledger)


def test_a_disk_without_room_stops_the_worker(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """Its tables stand in a memory disk of four megabytes that the worker alone sees."""
    tiny: Sequence[str] = ("unshare", "-rm", "sh", "-c", TINY_DISK.format(tmp_path / "workers"))
    if subprocess.run([*tiny, "sh", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk of their own")
    feed, ledger = Feed(kafka_settings), Ledger(kafka_settings)
    feed.send(5)
    with charging_worker(kafka_settings, tmp_path, "w", within=(*tiny, "sh")) as worker:
        settled(feed, ledger)
        assert fill(worker, feed) > 0
    assert "No space left" in (tmp_path / "w.log").read_text()
    stopped_with_nothing_lost(kafka_settings, tmp_path, feed, ledger)
