"""Put a population's commands and a plan's messages onto the broker."""

from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import KafkaError
from confluent_kafka import Message as Delivered

from connectors.errors import Unavailable
from connectors.kafka.client import new_producer
from connectors.kafka.codec import encode_commands
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.load.messages import messages
from infra.load.plan import Kind, LoadPlan
from infra.load.population import Customer, commands_of
from streams.model.command import Command
from streams.model.instant import Instant
from streams.partition import partition_of

COMMANDS_A_MESSAGE = 500
_FLUSH_S = 120.0

Place = tuple[int, int]
"""Partition and offset of a message on the source topic."""


class Sending:
    """A producer that counts what is acknowledged; what fails is told at `finish`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.placed: dict[Place, tuple[Kind, ...]] = {}
        """Where each message of a plan stands, and what it holds."""
        self._settings = settings
        self._producer = new_producer(settings, {"linger.ms": 20})
        self._failures: list[KafkaError] = []

    def send_customers(self, customers: Iterable[Customer], *, at: Instant) -> int:
        """Send what makes customers chargeable, to the partitions of their roots; how many."""
        waiting: dict[int, list[Command]] = {}
        sent = 0
        for customer in customers:
            partition = partition_of(customer.tenant, customer.account, self._settings.partitions)
            held = waiting.setdefault(partition, [])
            held.extend(commands_of(customer, at=at))
            sent += 1
            if len(held) >= COMMANDS_A_MESSAGE:
                self._send_commands(partition, waiting.pop(partition))
        for partition, held in waiting.items():
            self._send_commands(partition, held)
        return sent

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

    def _send_commands(self, partition: int, commands: list[Command]) -> None:
        topic = f"{self._settings.prefix}{Topic.CHARGING}"
        packed = encode_commands(tuple(commands))
        self._produce(topic, packed, partition=partition, on_delivery=self._noted)

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

    def _noted(self, error: KafkaError | None, _delivered: Delivered) -> None:
        if error is not None:
            self._failures.append(error)

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
