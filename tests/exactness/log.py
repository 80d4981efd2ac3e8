"""The inputs in their order: topic `charging` as anyone can read it, by its documented format.

A message is one byte (1: usage, 2: commands) and msgpack. A batch of usage is [topic id, partition,
catalog version, records]; a command is [number of its kind, fields…].
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import Consumer, TopicPartition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Record(NamedTuple):
    """One record of usage as it stands in the log."""

    record_id: bytes
    tenant: str
    source: str
    event_id: str
    part: int
    position: tuple[str, int, int, int]
    usage_type: str
    service_id: str
    occurred_at: datetime
    ended_at: datetime
    usages: list[tuple[str, Decimal]]
    attributes: dict[str, str]


class CommandInput(NamedTuple):
    """One command: the number of its kind and its fields after it."""

    kind: int
    fields: list[Any]


Input = Record | CommandInput


def moment(micros: int) -> datetime:
    """Microseconds since 1970 as an aware datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def inputs_of(message: bytes) -> Iterator[Input]:
    """The inputs of one message, in order."""
    body = msgspec.msgpack.decode(message[1:])
    if message[0] == 2:
        for kind, *fields in body:
            yield CommandInput(kind, fields)
        return
    assert message[0] == 1, message[:1]
    topic_id, partition, _, records = body
    for packed in records:
        yield record_of(packed, topic_id, partition)


def record_of(packed: list[Any], topic_id: str, partition: int) -> Record:
    """A record out of its array."""
    record_id, tenant, source, event_id, part, offset, index, usage_type, service_id, _ = packed[
        :10
    ]
    occurred_at, ended_at, usages, attributes = packed[10:]
    return Record(
        record_id=record_id,
        tenant=tenant,
        source=source,
        event_id=event_id,
        part=part,
        position=(topic_id, partition, offset, index),
        usage_type=usage_type,
        service_id=service_id,
        occurred_at=moment(occurred_at),
        ended_at=moment(ended_at),
        usages=[(unit, Decimal(quantity)) for unit, quantity in usages],
        attributes=attributes,
    )


def read_partition(bootstrap: str, topic: str, partition: int) -> Iterator[tuple[int, bytes]]:
    """All (offset, value) of a partition from its beginning to its present end."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "exactness",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 2,
        }
    )
    try:
        place = TopicPartition(topic, partition, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=10)
        consumer.assign([place])
        following = 0
        while following < end:
            for message in consumer.consume(500, 0.2):
                assert message.error() is None, message.error()
                if message.offset() >= end:
                    return
                following = message.offset() + 1
                yield message.offset(), message.value()
    finally:
        consumer.close()
