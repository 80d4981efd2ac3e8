"""A mark: a place in every topic such that all that was read below it has left its traces below it.

First what mediation has acknowledged of each source, then the ends of the topics that its outputs
went to: whatever came before the first stands before the second. Once the ledger has taken in
`charging` up to the mark, every source position below it has been decided.
"""

from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import OFFSET_INVALID, TopicPartition

from connectors.errors import Unavailable
from connectors.kafka.client import (
    REQUEST_TIMEOUT_S,
    bounds,
    describe_topics,
    mapped_errors,
    new_consumer,
)
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings

SOURCES: Final = (Topic.USAGE,)
"""Topics whose messages are usage as sources send it."""
OUTPUTS: Final = (Topic.CHARGING, Topic.SUSPENSE, Topic.ERRORS, Topic.OUTCOMES)
"""Topics that mediation writes to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A partition of a topic and the next offset after the mark."""

    topic: str
    topic_id: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Mark:
    """`read`: what mediation has acknowledged of the sources; `unread`: what it has not, by count;
    `written`: how far the topics of its outputs went after that."""

    read: tuple[Place, ...]
    written: tuple[Place, ...]
    unread: int = field(default=0, compare=False)


def mediation_group(settings: KafkaSettings) -> str:
    """The consumer group whose commits say what has been mediated."""
    return f"{settings.prefix}vivace-mediation"


def take_mark(settings: KafkaSettings) -> Mark:
    """The mark of this moment. Raises Unavailable where the broker or a topic is missing."""
    names = [f"{settings.prefix}{topic}" for topic in (*SOURCES, *OUTPUTS)]
    facts = describe_topics(settings, names)
    if len(facts) < len(names):
        missing = ", ".join(sorted(set(names) - facts.keys()))
        raise Unavailable(f"topics {missing} do not exist")
    consumer = new_consumer(settings, {"group.id": mediation_group(settings)})
    try:
        read: list[Place] = []
        unread = 0
        for topic in SOURCES:
            name = f"{settings.prefix}{topic}"
            asked = [TopicPartition(name, at) for at in range(facts[name].partitions)]
            with mapped_errors(f"commits of {mediation_group(settings)}"):
                committed = consumer.committed(asked, timeout=REQUEST_TIMEOUT_S)
            for found in committed:
                first, end = bounds(consumer, name, found.partition)
                offset = first if found.offset == OFFSET_INVALID else found.offset
                read.append(Place(str(topic), facts[name].topic_id, found.partition, offset))
                unread += max(0, end - offset)
        written = [
            Place(str(topic), fact.topic_id, at, bounds(consumer, name, at)[1])
            for topic in OUTPUTS
            for name, fact in [(f"{settings.prefix}{topic}", facts[f"{settings.prefix}{topic}"])]
            for at in range(fact.partitions)
        ]
        return Mark(tuple(read), tuple(written), unread)
    finally:
        consumer.close()
