"""Sending commands to the partitions whose owners carry them out, and waiting until they have."""

from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import Any, Final, Self

from confluent_kafka import Producer, TopicPartition

from connectors.errors import Unavailable
from connectors.kafka.client import error_of, mapped_errors, new_consumer, new_producer
from connectors.kafka.codec import decode_ledger_delta, encode_commands
from connectors.kafka.ledger import LedgerFollower, LedgerReader
from connectors.kafka.patience import patiently
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.command import (
    ActivateCatalog,
    AdvanceClock,
    Command,
    FoldPeriods,
    Receipt,
    Relayed,
    Released,
    Tick,
)
from streams.model.ledger import WHOLE
from streams.partition import partition_of

COMMANDS_AT_ONCE: Final = 500
"""Commands in one message of `charging`."""

ANCHOR_GROUP: Final = "keeper"
"""The group whose positions name ledger records known to be valid, from which to follow on."""

_SEND_S: Final = 30.0


def partitions_of(command: Command, partitions: int) -> Iterable[int]:
    """The partitions that a command goes to: the home of its root, or all of them."""
    if isinstance(command, ActivateCatalog | Tick | AdvanceClock):
        return range(partitions)
    if isinstance(command, Relayed | Receipt | Released | FoldPeriods):
        raise AssertionError(f"{type(command).__name__} is sent by workers alone")
    return (partition_of(command.tenant, command.root, partitions),)


class CommandSender:
    """Puts commands on `charging`, many to a message, in the order they are given.

    Every command carries an id made from its cause: sending it again does nothing.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topic = f"{settings.prefix}{Topic.CHARGING}"
        self._producer: Producer = new_producer(settings)

    def send(self, commands: Iterable[Command]) -> dict[int, int]:
        """Send, and wait until the broker has them; by partition the offset of the last message.

        Raises Unavailable, Refused; some may then have been sent.
        """
        offsets: dict[int, int] = {}
        failures: list[Any] = []

        def note(error: Any, message: Any) -> None:
            if error is not None:
                failures.append(error)
            else:
                partition = message.partition()
                offsets[partition] = max(offsets.get(partition, -1), message.offset())

        for partition, value in _messages(commands, self._settings.partitions):
            self._produce(partition, value, note)
        left = self._producer.flush(_SEND_S)
        if failures:
            raise error_of(failures[0], self._topic)
        if left:
            raise Unavailable(f"{self._topic}: {left} messages not acknowledged in {_SEND_S:g} s")
        return offsets

    def _produce(self, partition: int, value: bytes, note: Any) -> None:
        while True:
            try:
                self._producer.produce(
                    self._topic, value=value, partition=partition, on_delivery=note
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def wait(self, offsets: Mapping[int, int], *, timeout_s: float = 30.0) -> None:
        """Return once the owners have applied all up to these offsets of `charging`.

        Raises Unavailable when they have not in time; they still will, the commands stand.
        """
        give_up_at = monotonic() + timeout_s
        anchors = self._anchors(offsets)
        written = self._written_at(anchors)
        missing = {p: offset for p, offset in offsets.items() if written[p] < (offset, WHOLE)}
        with LedgerFollower(self._settings, anchors) as follower:
            while missing:
                if monotonic() > give_up_at:
                    raise Unavailable(
                        f"not applied in {timeout_s:g} s by the owners of partitions"
                        f" {sorted(missing)}; do the charging workers run?"
                    )
                for valid in follower.poll(timeout_s=0.2):
                    wanted = missing.get(valid.partition)
                    if wanted is not None and valid.record.written >= (wanted, WHOLE):
                        del missing[valid.partition]

    def _anchors(self, partitions: Iterable[int]) -> dict[int, int]:
        """The last ledger record that the keeper has taken in; the log's beginning without one."""
        consumer = new_consumer(
            self._settings, {"group.id": f"{self._settings.prefix}{ANCHOR_GROUP}"}
        )
        ledger = f"{self._settings.prefix}{Topic.LEDGER}"
        wanted = [TopicPartition(ledger, partition) for partition in partitions]
        try:
            stored = patiently(lambda: _committed(consumer, wanted))
        finally:
            consumer.close()
        return {at.partition: at.offset - 1 if at.offset > 0 else -1 for at in stored}

    def _written_at(self, anchors: Mapping[int, int]) -> dict[int, tuple[int, int]]:
        """By partition the last input that the anchor's record had applied."""
        written = dict.fromkeys(anchors, (-1, WHOLE))
        reader = LedgerReader(self._settings)
        try:
            for partition, anchor in anchors.items():
                for records in reader.read(partition, max(anchor, 0), anchor):
                    written[partition] = decode_ledger_delta(records[-1][1]).written
        finally:
            reader.close()
        return written

    def close(self) -> None:
        """Wait for what was sent, briefly."""
        self._producer.flush(5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _committed(consumer: Any, wanted: list[TopicPartition]) -> list[TopicPartition]:
    with mapped_errors("keeper's positions"):
        stored: list[TopicPartition] = consumer.committed(wanted, 10.0)
    return stored


def _messages(commands: Iterable[Command], partitions: int) -> Iterator[tuple[int, bytes]]:
    waiting: dict[int, list[Command]] = {}
    for command in commands:
        for partition in partitions_of(command, partitions):
            batch = waiting.setdefault(partition, [])
            batch.append(command)
            if len(batch) == COMMANDS_AT_ONCE:
                yield partition, encode_commands(tuple(batch))
                batch.clear()
    for partition, batch in waiting.items():
        if batch:
            yield partition, encode_commands(tuple(batch))
