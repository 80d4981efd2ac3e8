"""Messages and the position they come from, committed as one by Kafka's transactions.

A reader with `read_committed` sees each message once, whatever dies when. The positions are the
offsets of a consumer group that nobody is a member of; one writer of a name exists at a time,
since a new one fences the one before (`transactional.id`).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, Self

from confluent_kafka import KafkaException, TopicPartition

from connectors.errors import Refused, Unavailable
from connectors.kafka.client import (
    bounds,
    describe_topics,
    error_of,
    mapped_errors,
    new_consumer,
    new_producer,
)
from connectors.kafka.patience import patiently
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from connectors.steps import Step, passed

TRANSACTION_S: Final = 60.0
"""A transaction that takes longer is ended by the broker."""

POSITIONS_S: Final = 3600.0
"""Positions are told again so often while nothing happens; brokers keep them for days."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message on its way out; `topic` is the logical name."""

    topic: Topic
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class PositionedWriter:
    """Writes messages together with how far the ledger has been taken in.

    `name` names the writer for ever: its transactions and its positions. `after_produce` is told
    when the messages of a transaction are with the broker, before it is committed.
    """

    def __init__(self, settings: KafkaSettings, *, name: str, after_produce: Step) -> None:
        self._settings = settings
        self._name = name
        self._after_produce = after_produce
        self._ledger = f"{settings.prefix}{Topic.LEDGER}"
        self._positions = new_consumer(settings, {"group.id": f"{settings.prefix}{name}"})
        self._producer: Any = new_producer(
            settings,
            {
                "transactional.id": f"{settings.prefix}{name}",
                "transaction.timeout.ms": int(TRANSACTION_S * 1000),
                # As Java's and aiokafka's producers choose, so that a key has one partition.
                "partitioner": "murmur2_random",
                "linger.ms": 2,
            },
        )
        self._committed_at = monotonic()

    def take_over(self, outputs: Sequence[Topic]) -> dict[int, int]:
        """Fence every other writer of this name; by partition the last ledger record taken in, -1.

        Raises Refused where positions are missing although `outputs` have messages: going on
        would write them all again. Raises Unavailable.
        """
        with mapped_errors(f"{self._name}: begin transactions"):
            self._producer.init_transactions(TRANSACTION_S)
        partitions = range(self._settings.partitions)
        taken = patiently(lambda: self._stored(partitions))
        if not taken:
            self._check_fresh(outputs)
            taken = dict.fromkeys(partitions, -1)
            self.commit((), taken)
        if missing := sorted(set(partitions) - set(taken)):
            raise Refused(f"{self._name}: no position for ledger partitions {missing}")
        return taken

    def _stored(self, partitions: range) -> dict[int, int]:
        wanted = [TopicPartition(self._ledger, partition) for partition in partitions]
        with mapped_errors(f"{self._name}: positions"):
            stored = self._positions.committed(wanted, TRANSACTION_S)
        return {at.partition: at.offset - 1 for at in stored if at.offset >= 0}

    def _check_fresh(self, outputs: Sequence[Topic]) -> None:
        names = [f"{self._settings.prefix}{topic}" for topic in outputs]
        for name, facts in describe_topics(self._settings, names).items():
            for partition in range(facts.partitions):
                first, end = patiently(partial(bounds, self._positions, name, partition))
                if end > first:
                    raise Refused(
                        f"{self._name}: its positions are lost, but {name} has messages;"
                        " starting at the ledger's beginning would write them again"
                    )

    def begin(self) -> None:
        """Open a transaction."""
        with mapped_errors(f"{self._name}: begin"):
            self._producer.begin_transaction()

    def produce(self, messages: Sequence[OutgoingMessage]) -> list[int]:
        """Messages of the open transaction, written; their offsets, in order."""
        offsets = [-1] * len(messages)
        failures: list[Any] = []
        for place, message in enumerate(messages):
            self._produce_one(message, place, (offsets, failures))
        try:
            with mapped_errors(f"{self._name}: write"):
                self._producer.flush(TRANSACTION_S)
        except SystemError as error:
            # The client's own, where it is fenced in the midst of delivery reports.
            raise Unavailable(f"{self._name}: write: {error.__cause__}") from error
        if failures:
            raise error_of(failures[0], f"{self._name}: write")
        return offsets

    def _produce_one(
        self, message: OutgoingMessage, place: int, noted: tuple[list[int], list[Any]]
    ) -> None:
        offsets, failures = noted

        def note(error: Any, written: Any) -> None:
            if error is not None:
                failures.append(error)
            else:
                offsets[place] = written.offset()

        while True:
            try:
                self._producer.produce(
                    f"{self._settings.prefix}{message.topic}",
                    key=message.key,
                    value=message.value,
                    headers=list(message.headers),
                    on_delivery=note,
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def end(self, taken: Mapping[int, int]) -> None:
        """Commit the open transaction; the ledger is taken in up to `taken` by partition."""
        passed(self._after_produce)
        with mapped_errors(f"{self._name}: commit"):
            if taken:
                # All of them, changed or not: the broker forgets the position of a partition
                # that was not committed for long.
                self._producer.send_offsets_to_transaction(
                    [TopicPartition(self._ledger, p, last + 1) for p, last in taken.items()],
                    self._positions.consumer_group_metadata(),
                    TRANSACTION_S,
                )
            self._producer.commit_transaction(TRANSACTION_S)
        self._committed_at = monotonic()

    @property
    def needs_commit(self) -> bool:
        """True where nothing was committed for so long that positions should be told again."""
        return monotonic() - self._committed_at > POSITIONS_S

    def commit(self, messages: Sequence[OutgoingMessage], taken: Mapping[int, int]) -> None:
        """One transaction: these messages, and the ledger taken in up to `taken`."""
        self.begin()
        self.produce(messages)
        self.end(taken)

    def close(self) -> None:
        """Give up an open transaction and let the connections go."""
        with suppress(KafkaException):  # none was open, or another writer has fenced this one
            self._producer.abort_transaction(5.0)
        self._positions.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
