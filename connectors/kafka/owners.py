"""Topic `owners`: which worker runs which partition, and which catalog versions it has ready.

Each worker says so itself, again and again; what it said last counts while it is fresh. A worker
that stops says that too. The topic is a hint for finding doors and for waiting; what decides who
owns a partition is the ledger's chain.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from confluent_kafka import Producer, TopicPartition
from msgspec import Struct

from connectors.clock import now
from connectors.kafka.client import bounds, new_consumer, new_producer, take
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.instant import SECOND, Instant

ANNOUNCE_S: Final = 5.0
"""How often a worker says who it is."""

FRESH: Final[Instant] = 20 * SECOND
"""A worker that said nothing for so long, by the broker's time, is not counted as alive."""


class WorkerAnnouncement(Struct, frozen=True, kw_only=True):
    """One worker: what it runs, where its door is, what it owns.

    `partitions` maps each partition of `charging` that it owns to the ledger offset of the record
    it opened it with; `versions` are the catalog versions it has compiled, `active` those that its
    mediation knows to be activated.
    """

    worker: str
    agents: tuple[str, ...]
    address: str = ""
    partitions: dict[int, int] = {}
    versions: tuple[str, ...] = ()
    active: tuple[str, ...] = ()


_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(WorkerAnnouncement).decode


class OwnersAnnouncer:
    """Writes one worker's announcements. Never waits for the broker but at the end."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = f"{settings.prefix}{Topic.OWNERS}"
        self._producer: Producer = new_producer(settings)

    def announce(self, announcement: WorkerAnnouncement) -> None:
        """Say it; a broker that is away hears it later or never."""
        self._producer.produce(
            self._topic, key=announcement.worker, value=_encode(announcement), partition=0
        )
        self._producer.poll(0)

    def withdraw(self, worker: str) -> None:
        """This worker is no more. Waits two seconds at most."""
        self._producer.produce(self._topic, key=worker, value=None, partition=0)
        self._producer.flush(2.0)


def live_workers(settings: KafkaSettings) -> dict[str, WorkerAnnouncement]:
    """The workers whose newest announcement is fresh. Raises Unavailable, Refused."""
    topic = f"{settings.prefix}{Topic.OWNERS}"
    consumer = new_consumer(settings)
    try:
        first, end = bounds(consumer, topic, 0)
        consumer.assign([TopicPartition(topic, 0, first)])
        newest: dict[str, WorkerAnnouncement] = {}
        heard_at: dict[str, Instant] = {}
        while _position(consumer, first) < end:
            for message in take(consumer, 500, 1.0):
                _note(message, newest, heard_at)
    finally:
        consumer.close()
    oldest = now() - FRESH
    return {worker: said for worker, said in newest.items() if heard_at[worker] >= oldest}


def _position(consumer: Any, first: int) -> int:
    (position,) = consumer.position(consumer.assignment())
    return int(position.offset) if position.offset >= 0 else first


def _note(
    message: Any, newest: dict[str, WorkerAnnouncement], heard_at: dict[str, Instant]
) -> None:
    if message.error() is not None:
        return
    worker = message.key().decode()
    newest.pop(worker, None)
    if message.value() is not None:
        newest[worker] = _decode(message.value())
        heard_at[worker] = message.timestamp()[1] * 1000


def not_ready(workers: Mapping[str, WorkerAnnouncement], version: str) -> list[str]:
    """The workers that have not compiled the version, sorted by name."""
    return sorted(name for name, said in workers.items() if version not in said.versions)


def not_told(workers: Mapping[str, WorkerAnnouncement], version: str) -> list[str]:
    """The workers whose mediation does not know yet that the version was activated."""
    return sorted(
        name
        for name, said in workers.items()
        if "mediation" in said.agents and version not in said.active
    )
