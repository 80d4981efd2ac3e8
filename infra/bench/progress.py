"""How far both stages are, and how fast they got there: read from the timestamps in the broker."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import TopicPartition

from connectors.kafka.client import bounds, describe_topics, new_consumer, take
from connectors.kafka.codec import decode_charging
from connectors.kafka.ledger import LedgerFollower, ValidRecord
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.usage import UsageBatch

_WARM_UP = 20


@dataclass(frozen=True)
class Mark:
    """A point of progress: so many records were done at `at` (seconds since 1970)."""

    at: float
    done: int


def ledger_marks(settings: KafkaSettings, *, start: dict[int, int]) -> list[Mark]:
    """Progress of charged and judged records over all valid ledger records after `start`."""
    found: list[tuple[int, int]] = []
    with LedgerFollower(settings, start) as follower:
        _read_to_end(follower, lambda valid: found.append(_progress(valid)))
    return _summed(found)


def mediation_marks(settings: KafkaSettings, *, start: Mapping[int, int]) -> list[Mark]:
    """Progress of the usage that mediation passed on, from these offsets of `charging` on."""
    topic = f"{settings.prefix}{Topic.CHARGING}"
    found: list[tuple[int, int]] = []
    with closing(new_consumer(settings)) as consumer:
        for partition, offset in start.items():
            _, end = bounds(consumer, topic, partition)
            consumer.assign([TopicPartition(topic, partition, offset)])
            while offset < end:
                for message in take(consumer, 500, 0.5):
                    if message.error() is not None:
                        continue
                    offset = message.offset() + 1
                    batch = decode_charging(message.value())
                    if isinstance(batch, UsageBatch):
                        found.append((message.timestamp()[1], len(batch.records)))
    return _summed(found)


def charging_ends(settings: KafkaSettings) -> dict[int, int]:
    """The end of each partition of `charging` now."""
    return ends(settings, Topic.CHARGING)


def ends(settings: KafkaSettings, topic: Topic) -> dict[int, int]:
    """The end of each partition of a topic now."""
    name = f"{settings.prefix}{topic}"
    partitions = describe_topics(settings, [name])[name].partitions
    with closing(new_consumer(settings)) as consumer:
        return {p: bounds(consumer, name, p)[1] for p in range(partitions)}


def _summed(found: Iterable[tuple[int, int]]) -> list[Mark]:
    marks, total = [], 0
    for timestamp_ms, done in sorted(found):
        total += done
        marks.append(Mark(timestamp_ms / 1000, total))
    return marks


def _progress(valid: ValidRecord) -> tuple[int, int]:
    return valid.timestamp_ms, len(valid.record.rated) + len(valid.record.verdicts)


def measured_stretch(mediated: Sequence[Mark], charged: Sequence[Mark]) -> tuple[Mark, Mark]:
    """From the end of the warm-up, a twentieth mediated, to the last record charged.

    Mediation runs ahead while owners open their partitions; a stretch that began by the ledger
    would leave out what mediation had done by then.
    """
    assert mediated
    assert charged
    last = next(mark for mark in charged if mark.done == charged[-1].done)
    first = next(mark for mark in mediated if mark.done >= last.done // _WARM_UP)
    return first, last


def charged_stretch(charged: Sequence[Mark]) -> tuple[Mark, Mark]:
    """The same of charging alone, over a topic that was full before it began."""
    assert charged
    last = next(mark for mark in charged if mark.done == charged[-1].done)
    return next(mark for mark in charged if mark.done >= last.done // _WARM_UP), last


def ledger_positions(settings: KafkaSettings) -> dict[int, int]:
    """Where each partition's chain of valid records stands now."""
    start = dict.fromkeys(range(settings.partitions), -1)
    with LedgerFollower(settings, start) as follower:
        _read_to_end(follower, lambda _: None)
        return follower.positions()


def _read_to_end(follower: LedgerFollower, take: Callable[[ValidRecord], None]) -> None:
    ends = follower.end_positions()
    while any(follower.next_offsets()[p] < end for p, end in ends.items()):
        for valid in follower.poll(records_max=500):
            take(valid)
