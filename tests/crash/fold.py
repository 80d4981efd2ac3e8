"""What the state must be: the core folded over the inputs, in the order found in the ledger.

Two states are made of one partition: one by applying the deltas of its valid ledger records, one by
computing every input again with the pure core. They, and the effects of each step, must agree to
the byte, however the owners of the partition died on the way.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from confluent_kafka import Consumer, TopicPartition

from connectors.kafka.codec import decode_charging, decode_ledger, encode_value
from connectors.kafka.ledger import Chain
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.command import Command
from streams.model.ledger import LedgerRecord
from streams.model.usage import MADE, SourcePosition, UsageBatch
from streams.rate.plan import Plan
from streams.state import Effects, Table

OWNERS_OWN = bytes([Table.META]) + b"owner."
EFFECTS = ("rated", "verdicts", "alerts", "outbox", "facts", "cleared")


@dataclass
class Folded:
    """One partition, folded. `differences` must be empty."""

    partition: int
    state: dict[bytes, bytes] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    charged: Counter[bytes] = field(default_factory=Counter)
    made: int = 0
    ends: Counter[tuple[SourcePosition, int]] = field(default_factory=Counter)
    records: int = 0
    voids: int = 0


def read_all(settings: KafkaSettings, topic: Topic, partition: int) -> Iterator[tuple[int, bytes]]:
    """All (offset, value) of a partition up to its present end."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": "fold",
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 2,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
        }
    )
    try:
        name = f"{settings.prefix}{topic}"
        first, end = consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=10)
        consumer.assign([TopicPartition(name, partition, first)])
        following = first
        while following < end:
            for message in consumer.consume(1, 1.0) + consumer.consume(500, 0):
                assert message.error() is None, message.error()
                following = message.offset() + 1
                if following <= end:
                    yield message.offset(), message.value()
    finally:
        consumer.close()


def fold_partition(settings: KafkaSettings, partition: int, plans: Mapping[str, Plan]) -> Folded:
    """Read one partition of `charging` and `ledger` and compute it all again."""
    inputs = {o: decode_charging(v) for o, v in read_all(settings, Topic.CHARGING, partition)}
    core = Charging(plans=plans, partitions=settings.partitions, partition=partition)
    folded, state, chain = Folded(partition), MemoryState(), Chain()
    for offset, value in read_all(settings, Topic.LEDGER, partition):
        record = decode_ledger(value)
        if not chain.accept(offset, record):
            folded.voids += 1
            continue
        folded.records += 1
        _apply_delta(folded.state, record)
        effects = Effects()
        for given in record.inputs:
            _take(core, inputs[given.offset], (given.first, given.last), state, effects)
        for command in record.requests:
            core.apply_command(command, state=state, effects=effects)
        core.settle(state, effects)
        _compare_effects(folded, offset, record, effects)
        _count(folded, record)
    _compare_states(folded, state)
    return folded


def _take(
    core: Charging,
    message: UsageBatch | tuple[Command, ...],
    span: tuple[int, int],
    state: MemoryState,
    effects: Effects,
) -> None:
    first, last = span
    if isinstance(message, UsageBatch):
        for record in message.records[first : last + 1]:
            position = SourcePosition(
                message.topic_id, message.partition, record.offset, record.index
            )
            core.charge_record(record, position=position, state=state, effects=effects)
    else:
        for command in message[first : last + 1]:
            core.apply_command(command, state=state, effects=effects)


def _apply_delta(state: dict[bytes, bytes], record: LedgerRecord) -> None:
    for low, high in record.dropped:
        for key in [key for key in state if low <= key < high]:
            del state[key]
    for key, value in record.delta:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value


def _compare_effects(folded: Folded, offset: int, record: LedgerRecord, effects: Effects) -> None:
    for name in EFFECTS:
        stored, computed = list(getattr(record, name)), getattr(effects, name)
        if stored != computed:
            folded.differences.append(
                f"ledger[{folded.partition}]@{offset}: {name}: {stored!r} != {computed!r}"[:2000]
            )


def _compare_states(folded: Folded, state: MemoryState) -> None:
    computed = {bytes([at[0]]) + at[1]: encode_value(held) for at, held in state.values.items()}
    stored = {k: v for k, v in folded.state.items() if not k.startswith(OWNERS_OWN)}
    computed = {k: v for k, v in computed.items() if not k.startswith(OWNERS_OWN)}
    for key in sorted(stored.keys() | computed.keys()):
        if stored.get(key) != computed.get(key):
            folded.differences.append(
                f"state[{folded.partition}] {key!r}: {stored.get(key)!r} != {computed.get(key)!r}"
            )


def _count(folded: Folded, record: LedgerRecord) -> None:
    for rated in record.rated:
        folded.charged[rated.record.record_id] += 1
        folded.made += rated.position.topic_id == MADE
        folded.ends[rated.position, rated.record.part] += 1
    for verdict in record.verdicts:
        part = verdict.record.part if verdict.record is not None else 0
        folded.ends[verdict.position, part] += 1
