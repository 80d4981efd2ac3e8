"""Topics behind webhooks: alerts to be delivered, and those that could not be.

A receiver's position is that of a consumer group of its own. One that is new begins with the alerts
that are raised from then on.
"""

from typing import Any, Final, Self

import structlog
from confluent_kafka import TopicPartition

from connectors.errors import Refused, Unavailable
from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import (
    bounds,
    describe_topics,
    error_of,
    mapped_errors,
    new_consumer,
    new_producer,
    take,
)
from connectors.kafka.patience import patiently
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from connectors.webhooks.delivery import Ended
from connectors.webhooks.lane import Taken

BATCH: Final = 100
_RECEIVER: Final = "receiver"
_FLUSH_S: Final = 30.0
_log: Any = structlog.get_logger()


class AlertReader:
    """Alerts of a topic from where the group `name` got to; `from_start`: a new one reads all."""

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic,
        codec: AvroCodec,
        *,
        name: str,
        from_start: bool,
    ) -> None:
        self._topic = f"{settings.prefix}{topic}"
        self._codec = codec
        facts = describe_topics(settings, [self._topic]).get(self._topic)
        if facts is None:
            raise Refused(f"topic {self._topic} does not exist")
        self._consumer: Any = new_consumer(
            settings,
            {"group.id": f"{settings.prefix}{name}", "isolation.level": "read_committed"},
        )
        wanted = [TopicPartition(self._topic, number) for number in range(facts.partitions)]
        # A group's coordinator may still be on its way, as after a broker's start.
        places = patiently(lambda: self._committed(wanted))
        for place in places:
            first, end = bounds(self._consumer, self._topic, place.partition)
            if place.offset < first:
                place.offset = first if from_start or place.offset >= 0 else end
        self._consumer.assign(places)
        self._next = {place.partition: place.offset for place in places}
        self.acknowledge()

    def _committed(self, wanted: list[Any]) -> list[Any]:
        with mapped_errors(f"{self._topic}: positions"):
            return list(self._consumer.committed(wanted, _FLUSH_S))

    def _commit(self, offsets: list[Any]) -> None:
        with mapped_errors(f"{self._topic}: positions"):
            self._consumer.commit(offsets=offsets, asynchronous=False)

    def read(self, timeout_s: float) -> list[tuple[str, Taken]]:
        """The next alerts, each with the receiver that its message names, if any."""
        found: list[tuple[str, Taken]] = []
        for message in take(self._consumer, BATCH, timeout_s):
            error = message.error()
            if error is not None:
                raise error_of(error, self._topic)
            self._next[message.partition()] = message.offset() + 1
            try:
                alert = self._codec.decode(Topic.ALERTS, message.value())
            except Refused as problem:
                _log.warning("no alert", topic=self._topic, problem=str(problem))
                continue
            headers = dict(message.headers() or ())
            receiver = headers.get(_RECEIVER, b"").decode()
            found.append((receiver, Taken(message.key() or b"", message.value(), alert)))
        return found

    def acknowledge(self) -> None:
        """All that was read has ended. Raises Unavailable."""
        offsets = [TopicPartition(self._topic, *place) for place in self._next.items()]
        patiently(lambda: self._commit(offsets))

    def close(self) -> None:
        """Let the connection go."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Undelivered:
    """Keeps what one receiver did not take, with why, on topic `undelivered`."""

    def __init__(self, settings: KafkaSettings, receiver: str) -> None:
        self._topic = f"{settings.prefix}{Topic.UNDELIVERED}"
        self._receiver = receiver
        self._producer: Any = new_producer(settings)

    def __call__(self, taken: Taken, ended: Ended) -> None:
        """Returns once it is kept. Raises ConnectorError."""
        failures: list[Any] = []

        def note(error: Any, _: Any) -> None:
            if error is not None:
                failures.append(error)

        self._producer.produce(
            self._topic,
            key=taken.key,
            value=taken.message,
            headers=[
                (_RECEIVER, self._receiver.encode()),
                ("attempts", str(ended.attempts).encode()),
                ("problem", ended.problem.encode()),
            ],
            on_delivery=note,
        )
        if self._producer.flush(_FLUSH_S):
            raise Unavailable(f"{self._topic}: not acknowledged for {_FLUSH_S:.0f} s")
        if failures:
            raise error_of(failures[0], self._topic)
