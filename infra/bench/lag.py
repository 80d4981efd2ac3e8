"""How far a consumer group is behind: what stands after its committed offsets.

Markers of transactions take offsets too, and nobody ever commits them; so where little seems to be
left, it is looked at.
"""

from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.errors import Unavailable
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings

_TIMEOUT_S: Final = 10.0
_LOOKED_AT: Final = 50
"""Offsets that may be markers alone."""


def lag(settings: KafkaSettings, agent: str, topics: Sequence[Topic]) -> int:
    """Messages of the topics that the agent's group has not committed. Raises Unavailable."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": f"{settings.prefix}vivace-{agent}",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
            "log_level": 0,
        }
    )
    try:
        places = [
            TopicPartition(f"{settings.prefix}{topic}", partition)
            for topic in topics
            for partition in _partitions(consumer, f"{settings.prefix}{topic}")
        ]
        committed = consumer.committed(places, timeout=_TIMEOUT_S)
        return sum(_behind(consumer, place) for place in committed)
    except KafkaException as error:
        raise Unavailable(f"the lag of {agent} is not known: {error}") from error
    finally:
        consumer.close()


def _partitions(consumer: Any, topic: str) -> list[int]:
    return list(consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions)


def _behind(consumer: Any, place: TopicPartition) -> int:
    first, end = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
    following = max(place.offset, first)
    behind = int(end - following)
    if 0 < behind <= _LOOKED_AT and not _any_message(consumer, place, following):
        return 0
    return behind


def _any_message(consumer: Any, place: TopicPartition, following: int) -> bool:
    """True where a message, not just markers, stands at or after `following`."""
    consumer.assign([TopicPartition(place.topic, place.partition, following)])
    try:
        found = consumer.poll(_TIMEOUT_S)
        if found is None:
            return True
        return found.error() is None or found.error().code() != KafkaError._PARTITION_EOF
    finally:
        consumer.unassign()
