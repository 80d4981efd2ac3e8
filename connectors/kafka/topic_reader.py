"""Reading a topic from its beginning up to its end, again and again as it grows."""

from collections.abc import Iterator
from time import monotonic
from typing import Any, Final, Self

from confluent_kafka import KafkaError, TopicPartition

from connectors.errors import Refused, Unavailable
from connectors.kafka.client import bounds, describe_topics, error_of, new_consumer, take
from connectors.kafka.patience import patiently
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings

STALL_S: Final = 15.0
"""A reader that gets nothing for so long, with more to come, gives up."""


class TopicReader:
    """All partitions of a topic, committed messages only, each message once.

    `to_end` says what is there now; calling it again goes on from there.
    """

    def __init__(self, settings: KafkaSettings, topic: Topic) -> None:
        self._topic = f"{settings.prefix}{topic}"
        facts = describe_topics(settings, [self._topic]).get(self._topic)
        if facts is None:
            raise Refused(f"topic {self._topic} does not exist")
        self._consumer: Any = new_consumer(
            settings,
            {
                "isolation.level": "read_committed",
                # The end of a partition may be a marker of a transaction, which is no message.
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
            },
        )
        self._reached = dict.fromkeys(range(facts.partitions), 0)
        self._consumer.assign(
            [TopicPartition(self._topic, partition, 0) for partition in self._reached]
        )

    def to_end(self, *, messages_max: int = 2_000) -> Iterator[Any]:
        """The messages up to what was the end when it was called. Raises Unavailable, Refused."""
        wanted = patiently(self._ends)
        heard_at = monotonic()
        while any(self._reached[partition] < end for partition, end in wanted.items()):
            taken = take(self._consumer, messages_max, 0.5)
            if taken:
                heard_at = monotonic()
            elif monotonic() - heard_at > STALL_S:
                raise Unavailable(f"{self._topic}: nothing for {STALL_S:.0f} s, more is there")
            for message in taken:
                if self._advance(message):
                    yield message

    def _ends(self) -> dict[int, int]:
        return {
            partition: bounds(self._consumer, self._topic, partition)[1]
            for partition in self._reached
        }

    def _advance(self, message: Any) -> bool:
        error = message.error()
        if error is None:
            self._reached[message.partition()] = message.offset() + 1
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self._reached[message.partition()] = message.offset()
            return False
        if error.fatal() or not error.retriable():
            failure = error_of(error, self._topic)
            if isinstance(failure, Refused):
                raise failure
        return False

    def close(self) -> None:
        """Let the connection go."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
