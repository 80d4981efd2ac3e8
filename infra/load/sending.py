"""Put a population's commands and a plan's messages onto the broker."""

from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import KafkaError
from confluent_kafka import Message as Delivered

from connectors.errors import Unavailable
from connectors.kafka.client import new_producer
from connectors.kafka.commands import CommandSender
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.load.messages import messages
from infra.load.plan import Kind, LoadPlan
from infra.load.population import Customer, commands_of
from streams.model.instant import Instant

_FLUSH_S = 120.0

Place = tuple[int, int]
"""Partition and offset of a message on the source topic."""


def send_customers(
    settings: KafkaSettings, customers: Iterable[Customer], *, at: Instant
) -> dict[int, int]:
    """Send what makes customers chargeable; by partition the offset of the last message.

    Raises Unavailable, Refused.
    """
    with CommandSender(settings) as sender:
        return sender.send(
            command for customer in customers for command in commands_of(customer, at=at)
        )


class Sending:
    """A producer that counts what is acknowledged; what fails is told at `finish`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.placed: dict[Place, tuple[Kind, ...]] = {}
        """Where each message of a plan stands, and what it holds."""
        self._settings = settings
        self._producer = new_producer(settings, {"linger.ms": 20})
        self._failures: list[KafkaError] = []

    def send_plan(self, plan: LoadPlan) -> None:
        """Send all messages of a plan to topic `usage`."""
        topic = f"{self._settings.prefix}{Topic.USAGE}"
        for message in messages(plan):
            self._produce(
                topic,
                message.value,
                key=message.key,
                headers=list(message.headers) or None,
                on_delivery=self._placing(message.kinds),
            )

    def finish(self) -> None:
        """Wait until all is acknowledged. Raises Unavailable."""
        left = self._producer.flush(_FLUSH_S)
        if left or self._failures:
            raise Unavailable(f"{left} messages not acknowledged, failed: {self._failures[:3]}")

    def _produce(self, topic: str, value: bytes, **options: Any) -> None:
        given = {name: option for name, option in options.items() if option is not None}
        while True:
            try:
                self._producer.produce(topic, value, **given)
            except BufferError:
                self._producer.poll(0.05)
            else:
                self._producer.poll(0)
                return

    def _placing(self, kinds: tuple[Kind, ...]) -> Any:
        def delivered(error: KafkaError | None, message: Delivered) -> None:
            if error is not None:
                self._failures.append(error)
            else:
                self.placed[message.partition(), message.offset()] = kinds

        return delivered


def records_of(placed: dict[Place, tuple[Kind, ...]]) -> Iterator[tuple[int, int, int, Kind]]:
    """(partition, offset, index, kind) of every record of the messages."""
    for (partition, offset), kinds in placed.items():
        for index, kind in enumerate(kinds):
            yield partition, offset, index, kind
