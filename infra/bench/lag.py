"""How far a consumer group is behind: committed offsets against the ends of its topics."""

from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.errors import Unavailable
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings

_TIMEOUT_S = 10.0


def lag(settings: KafkaSettings, agent: str, topics: Sequence[Topic]) -> int:
    """Messages of the topics that the agent's group has not committed. Raises Unavailable."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": f"{settings.prefix}vivace-{agent}",
            "enable.auto.commit": False,
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
        behind = 0
        for place in committed:
            first, end = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
            behind += end - max(place.offset, first)
        return behind
    except KafkaException as error:
        raise Unavailable(f"the lag of {agent} is not known: {error}") from error
    finally:
        consumer.close()


def _partitions(consumer: Consumer, topic: str) -> list[int]:
    return list(consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions)
