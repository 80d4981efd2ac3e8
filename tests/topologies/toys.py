"""Toy workers as processes, what they have seen, and what their group has committed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.kafka.client import new_admin, new_consumer, new_producer
from connectors.kafka.ledger import LedgerFollower
from connectors.settings import KafkaSettings

ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
    """Return once the condition holds; fails naming `what` did not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.02)


def is_behind(follower: LedgerFollower) -> bool:
    """True where the ledger has records that it has not read."""
    return follower.next_offsets() != follower.end_positions()


@dataclass(frozen=True)
class Seen:
    partition: int
    first: int
    last: int
    records: int
    what: str


class ToyWorker:
    """One toy worker process; `behaviour` as toy_worker.py says."""

    def __init__(self, kafka: KafkaSettings, folder: Path, behaviour: str = "ack") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        with (folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.topologies.toy_worker",
                    kafka.bootstrap,
                    kafka.prefix,
                    str(folder),
                    behaviour,
                ],
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )

    def seen(self) -> list[Seen]:
        """The batches that the agent was given, in its order."""
        path = self.folder / "seen.log"
        if not path.exists():
            return []
        lines = path.read_text().splitlines(keepends=True)
        whole = [line.rstrip("\n").split(" ", 4) for line in lines if line.endswith("\n")]
        return [Seen(int(p), int(a), int(b), int(n), what) for p, a, b, n, what in whole]

    def count(self) -> int:
        return sum(batch.records for batch in self.seen())

    def partitions(self) -> set[int]:
        return {batch.partition for batch in self.seen()}

    def output(self) -> str:
        return (self.folder / "output.log").read_text()

    def tell(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 60.0) -> int:
        """Signal it and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@contextlib.contextmanager
def toy_worker(kafka: KafkaSettings, folder: Path, behaviour: str = "ack") -> Iterator[ToyWorker]:
    worker = ToyWorker(kafka, folder, behaviour)
    try:
        yield worker
    finally:
        worker.kill()


def produce(kafka: KafkaSettings, count: int, *, partitions: int = 1, first: int = 0) -> None:
    """`count` records on each of the partitions, values `<partition>:<number>`."""
    producer: Producer = new_producer(kafka)
    for number in range(first, first + count):
        for partition in range(partitions):
            producer.produce(
                f"{kafka.prefix}usage",
                f"{partition}:{number}".encode(),
                partition=partition,
                headers=[("number", str(number).encode())],
            )
        producer.poll(0)
    assert producer.flush(20) == 0


def committed(kafka: KafkaSettings, partitions: int = 1, agent: str = "toy") -> list[int]:
    """The group's committed offsets, negative where there is none."""
    consumer: Consumer = new_consumer(kafka, {"group.id": f"{kafka.prefix}vivace-{agent}"})
    places = [TopicPartition(f"{kafka.prefix}usage", number) for number in range(partitions)]
    found = consumer.committed(places, timeout=10)
    consumer.close()
    return [place.offset for place in found]


def members(kafka: KafkaSettings, agent: str = "toy") -> int:
    """How many workers the group has."""
    group = f"{kafka.prefix}vivace-{agent}"
    admin = new_admin(kafka)  # must outlive its answer
    return len(admin.describe_consumer_groups([group])[group].result(10).members)


def times_seen(workers: list[ToyWorker]) -> dict[tuple[int, int], int]:
    """How often each (partition, offset) was given to an agent."""
    times: dict[tuple[int, int], int] = {}
    for worker in workers:
        for batch in worker.seen():
            for offset in range(batch.first, batch.last + 1):
                place = (batch.partition, offset)
                times[place] = times.get(place, 0) + 1
    return times
