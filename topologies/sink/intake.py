"""The intake's lane: source messages, refused records and commands, as they stand on their topics.

Every topic is read from where the database says it has come. Positions of an earlier topic of the
same name count for nothing: a topic made anew is another one, and its rows have other keys.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.clickhouse.client import Database
from connectors.clickhouse.commands import PlacedCommand, command_columns, commands_of
from connectors.clickhouse.positions import Position, load_positions, position_rows
from connectors.clickhouse.raw import raw_columns
from connectors.clickhouse.refused import refused_columns
from connectors.errors import Unavailable
from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import bounds, describe_topics, error_of, new_consumer, take
from connectors.kafka.codec import COMMANDS_V1
from connectors.kafka.marks import SOURCES
from connectors.kafka.progress import progress_of
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from topologies.follower_metrics import observe_progress
from topologies.sink.lane import gathered, store

REFUSED: Final = (Topic.SUSPENSE, Topic.ERRORS, Topic.OUTCOMES)
"""Topics of refused records; each has a table of its name."""
FOLLOWED: Final = (*SOURCES, *REFUSED, Topic.CHARGING)

POLL_MESSAGES: Final = 500
BATCH_BYTES: Final = 32 * 1024 * 1024
"""Bytes that make a batch: some ten thousand messages, and never more than memory holds."""
_FRAME_BYTES: Final = 512
"""What a message takes besides its value."""
_UNPACKED: Final = 16
"""A message of commands holds many, and takes so much more once they are rows."""

_COMMANDS: Final = bytes([COMMANDS_V1])

_log = structlog.get_logger()


class IntakeLane:
    """Follows all topics but the ledger."""

    def __init__(self, kafka: KafkaSettings, database: Database, codec: AvroCodec) -> None:
        """Raises Unavailable where the broker is away or a topic is missing."""
        self._database = database
        self._codec = codec
        self._topics = {f"{kafka.prefix}{topic}": topic for topic in FOLLOWED}
        facts = describe_topics(kafka, list(self._topics))
        missing = self._topics.keys() - facts.keys()
        if missing:
            raise Unavailable(f"topics {', '.join(sorted(missing))} do not exist yet")
        self._topic_ids = {name: fact.topic_id for name, fact in facts.items()}
        self._ends: dict[tuple[str, int], int] = {}
        """Ends that were met since positions were stored last."""
        self._consumer: Consumer = new_consumer(
            kafka,
            {
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                # The end of a partition may be a marker of a transaction, which is no message.
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": 131_072,
            },
        )
        self._consumer.assign(
            [
                self._start_of(name, partition)
                for name, fact in facts.items()
                for partition in range(fact.partitions)
            ]
        )

    def _start_of(self, name: str, partition: int) -> TopicPartition:
        stored = load_positions(self._database, str(self._topics[name]), self._topic_ids[name])
        first, _ = bounds(self._consumer, name, partition)
        offset = stored.get(partition, Position(first)).offset
        if offset < first and self._topics[name] in SOURCES:
            _log.error("deleted before stored", topic=name, partition=partition, n=first - offset)
        return TopicPartition(name, partition, max(offset, first))

    def step(self, stopping: threading.Event) -> int:
        """Store the next batch; the number of its messages. Raises ConnectorError."""
        messages = gathered(self._poll, _bytes_of, stopping, size_min=BATCH_BYTES)
        if not messages and not self._ends:
            observe_progress("sink", progress_of(self._consumer))
            return 0
        by_topic: dict[str, list[Any]] = defaultdict(list)
        for message in messages:
            by_topic[message.topic()].append(message)
        tables = [
            made
            for name, found in by_topic.items()
            for made in self._rows_of(self._topics[name], found)
        ]
        positions = self._positions_after(by_topic)
        if not store(self._database, tables, positions, stopping):
            return 0
        observe_progress("sink", progress_of(self._consumer))
        return len(messages)

    def _poll(self, timeout_s: float) -> Sequence[Any]:
        found = []
        for message in take(self._consumer, POLL_MESSAGES, timeout_s):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ends[message.topic(), message.partition()] = message.offset()
            elif error.fatal() or not error.retriable():
                _raise_unless_passing(error)
        return found

    def _positions_after(self, by_topic: Mapping[str, Sequence[Any]]) -> pa.Table:
        """Positions after these messages, and those of ends that were met without one."""
        reached: dict[str, dict[int, Position]] = {name: {} for name in self._topics}
        for (name, partition), offset in self._ends.items():
            reached[name][partition] = Position(offset)
        self._ends.clear()
        for name, messages in by_topic.items():
            for message in messages:
                following = Position(message.offset() + 1)
                partition = message.partition()
                reached[name][partition] = max(following, reached[name].get(partition, following))
        return pa.concat_tables(
            [
                position_rows(str(self._topics[name]), self._topic_ids[name], positions)
                for name, positions in reached.items()
            ]
        )

    def _rows_of(self, topic: Topic, messages: Sequence[Any]) -> list[tuple[str, pa.Table]]:
        if topic in SOURCES:
            return [("raw", pa.table(raw_columns(messages, self._topic_ids)))]
        if topic in REFUSED:
            rows = [
                (self._codec.decode(str(topic), message.value()), *_place(message))
                for message in messages
                if message.value() is not None
            ]
            return [(str(topic), pa.table(refused_columns(rows)))] if rows else []
        placed = [
            PlacedCommand(*_place(message), index, message.timestamp()[1], command)
            for message in messages
            for index, command in enumerate(commands_of(message.value()))
        ]
        return [("commands", pa.table(command_columns(placed)))] if placed else []

    def close(self) -> None:
        """Let the connection to the broker go."""
        self._consumer.close()


def _bytes_of(message: Any) -> int:
    size = len(message)
    value = message.value() if size else b""
    return _FRAME_BYTES + (_UNPACKED * size if value[:1] == _COMMANDS else size)


def _place(message: Any) -> tuple[int, int]:
    return message.partition(), message.offset()


def _raise_unless_passing(error: KafkaError) -> None:
    """A broker that is away is waited for by the client itself."""
    failure = error_of(error, "intake")
    if not isinstance(failure, Unavailable) or error.fatal():
        raise failure
