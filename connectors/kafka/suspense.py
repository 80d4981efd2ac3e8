"""Topic `suspense` for tools: what waits now, and how a person releases or discards it."""

from collections.abc import Iterable, Iterator

from connectors.errors import Unavailable
from connectors.kafka.avro import decode
from connectors.kafka.client import error_of, new_producer
from connectors.kafka.codec import decode_record, encode_refused
from connectors.kafka.topic_reader import TopicReader
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.command import DiscardSuspended
from streams.model.refused import RefusedRecord

_SEND_S = 30.0


def suspended_now(settings: KafkaSettings) -> Iterator[RefusedRecord]:
    """Every record that waits, in the order they stand. Raises Unavailable, Refused."""
    newest: dict[bytes, bytes] = {}
    with TopicReader(settings, Topic.SUSPENSE) as reader:
        for message in reader.to_end():
            newest.pop(message.key(), None)
            if message.value() is not None:
                newest[message.key()] = message.value()
    for value in newest.values():
        refused: RefusedRecord = decode(Topic.SUSPENSE, value)
        if refused.state == "suspended":
            yield refused


def release(settings: KafkaSettings, records: Iterable[RefusedRecord]) -> int:
    """Send records through mediation again; how many. Raises Unavailable, Refused.

    One that still cannot be charged is suspended again.
    """
    producer = new_producer(settings, {"partitioner": "murmur2_random"})
    failures = []
    sent = 0
    for refused in records:
        producer.produce(
            f"{settings.prefix}{Topic.RELEASE}",
            key=refused.record_id,
            value=encode_refused(refused),
            on_delivery=lambda error, _: failures.append(error) if error is not None else None,
        )
        producer.poll(0)
        sent += 1
    if producer.flush(_SEND_S):
        raise Unavailable(f"not all of {sent} releases were acknowledged in {_SEND_S:g} s")
    if failures:
        raise error_of(failures[0], str(Topic.RELEASE))
    return sent


def discard_command(refused: RefusedRecord, *, reason: str) -> DiscardSuspended:
    """The command that closes a record for good, at its home where one is known."""
    record = decode_record(refused.record) if refused.record is not None else None
    return DiscardSuspended(
        f"discard/{refused.record_id.hex()}",
        refused.tenant,
        refused.record_id,
        refused.occurred_at,
        record.root if record is not None else "",
        reason,
    )
