"""The plain fold: the core over the inputs the ledger names, one by one, nothing clever."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from connectors.kafka.codec import TABLE_DECODERS, decode_charging, decode_ledger
from connectors.kafka.ledger import Chain
from streams.memory import MemoryState
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import Command
from streams.model.ledger import WHOLE, LedgerRecord
from streams.model.rated import RecordVerdict
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.state import Effects, RecordMark, RecordState, Table, record_id_key
from tests.simulate.broker import SimBroker
from tests.simulate.held import check_held
from topologies.origins import batch_of
from topologies.state import POSITION_KEY


@dataclass(frozen=True)
class Asked:
    """A request in the ledger, with the core's answer to it; None where the core broke."""

    offset: int
    request: ChargingRequest
    answer: ChargingAnswer | None


@dataclass
class Folded:
    """A partition as its ledger tells it: the valid records, and both ways to its state."""

    records: list[tuple[int, LedgerRecord]] = field(default_factory=list)
    by_core: MemoryState = field(default_factory=MemoryState)
    by_delta: dict[tuple[int, bytes], Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def fold_partition(broker: SimBroker, partition: int, core: Any) -> Folded:
    """Fold one partition, noting each record whose effects are not what the core says."""
    folded = Folded()
    chain, charging = Chain(), broker.logs["charging", partition]
    reached = (-1, WHOLE)
    for offset, value in enumerate(broker.logs["ledger", partition]):
        record = decode_ledger(value)
        if not chain.accept(offset, record):
            continue
        folded.records.append((offset, record))
        effects = Effects()
        for span in record.inputs:
            reached = _follows(reached, (span.offset, span.first), folded, offset)
            message = decode_charging(charging[span.offset])
            _take(message, span.first, span.last, core, (folded.by_core, effects))
            count = len(message.records if isinstance(message, UsageBatch) else message)
            reached = (span.offset, WHOLE if span.last == count - 1 else span.last)
        for request in record.requests:
            assert isinstance(request, ChargingRequest)
            answer = _ask(request, core, (folded.by_core, effects))
            folded.asked.append(Asked(offset, request, answer))
        core.settle(folded.by_core, effects)
        if record.kind == "step" and reached != record.written:
            folded.problems.append(f"ledger {offset}: takes to {reached}, says {record.written}")
        _compare(offset, record, effects, folded.problems)
        _sum_up(offset, folded)
        folded.problems += [f"ledger {offset}: {each}" for each in check_held(folded.by_core)]
        _add_delta(record, folded.by_delta)
    if len(charging) != reached[0] + 1:
        folded.problems.append(f"inputs after {reached} of {len(charging)} are in no step")
    return folded


def _sum_up(offset: int, folded: Folded) -> None:
    """What is held and what the counter-accounts say sum to nothing, at every position."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for (table, key), value in folded.by_core.values.items():
        if table == Table.BALANCES:
            for bucket in value.buckets:
                sums[bucket.resource] += Decimal(bucket.remaining) + Decimal(bucket.reserved)
        elif table == Table.COUNTERS:
            sums[key.decode().rpartition("\0")[2]] += Decimal(value)
    if any(sums.values()):
        folded.problems.append(f"ledger {offset}: what is held and booked sums to {dict(sums)}")


def _follows(
    reached: tuple[int, int], next_at: tuple[int, int], folded: Folded, offset: int
) -> tuple[int, int]:
    wanted = (reached[0] + 1, 0) if reached[1] == WHOLE else (reached[0], reached[1] + 1)
    if next_at != wanted:
        folded.problems.append(f"ledger {offset}: takes {next_at}, the next was {wanted}")
    return next_at


def _take(
    message: Any, first: int, last: int, core: Any, into: tuple[MemoryState, Effects]
) -> None:
    if isinstance(message, UsageBatch):
        for record in message.records[first : last + 1]:
            _charge(record, message, core, into)
    else:
        for command in message[first : last + 1]:
            _apply(command, core, into)


def _ask(
    request: ChargingRequest, core: Any, into: tuple[MemoryState, Effects]
) -> ChargingAnswer | None:
    state, effects = into
    before, own = dict(state.values), Effects()
    try:
        answer: ChargingAnswer = core.ask(request, state=state, effects=own)
    except RuntimeError:
        state.values = before
        return None
    effects.extend(own)
    return answer


def _apply(command: Command, core: Any, into: tuple[MemoryState, Effects]) -> None:
    state, effects = into
    before, own = dict(state.values), Effects()
    try:
        core.apply_command(command, state=state, effects=own)
        effects.extend(own)
    except RuntimeError:
        batch = batch_of(command)
        assert batch is not None
        state.values = before
        for record in batch.records:
            _refuse(record, _position(record, batch), state, effects)


def _charge(
    record: UsageRecord, batch: UsageBatch, core: Any, into: tuple[MemoryState, Effects]
) -> None:
    state, effects = into
    position = _position(record, batch)
    before, own = dict(state.values), Effects()
    try:
        core.charge_record(record, position=position, state=state, effects=own)
        effects.extend(own)
    except RuntimeError:
        state.values = before
        _refuse(record, position, state, effects)


def _position(record: UsageRecord, batch: UsageBatch) -> SourcePosition:
    return SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)


def _refuse(
    record: UsageRecord, position: SourcePosition, state: MemoryState, effects: Effects
) -> None:
    key = record_id_key(record.occurred_at, record.record_id)
    known = state.get(Table.RECORD_IDS, key)
    place = msgspec.structs.astuple(position)
    if known is None or known.state in (RecordState.SUSPENDED, RecordState.FORWARDED):
        state.put(Table.RECORD_IDS, key, RecordMark(RecordState.ERROR, *place))
        verdict = "error"
    elif msgspec.structs.astuple(known)[1:] != place:
        verdict = "duplicate"
    else:
        return
    effects.verdicts.append(RecordVerdict(verdict, "", "", "", "", position, record))


def _compare(offset: int, record: LedgerRecord, effects: Effects, problems: list[str]) -> None:
    if list(record.rated) != effects.rated:
        problems.append(f"ledger {offset}: charges are not what the core says")
    if list(record.alerts) != effects.alerts:
        problems.append(f"ledger {offset}: alerts are not what the core says")
    if list(record.signals) != effects.signals:
        problems.append(f"ledger {offset}: sessions are told another thing than the core says")
    said = [(verdict.verdict, verdict.position) for verdict in record.verdicts]
    if said != [(verdict.verdict, verdict.position) for verdict in effects.verdicts]:
        problems.append(f"ledger {offset}: verdicts are not what the core says")


def _add_delta(record: LedgerRecord, values: dict[tuple[int, bytes], Any]) -> None:
    for start, end in record.dropped:
        for key in [key for key in values if start <= bytes([key[0]]) + key[1] < end]:
            del values[key]
    for full_key, packed in record.delta:
        key = (full_key[0], full_key[1:])
        if packed is None:
            values.pop(key, None)
        else:
            values[key] = TABLE_DECODERS[Table(full_key[0])](packed)


def decode_disk(content: dict[bytes, bytes]) -> dict[tuple[int, bytes], Any]:
    """A disk's content as the folds name it."""
    return {
        (key[0], key[1:]): TABLE_DECODERS[Table(key[0])](packed)
        for key, packed in content.items()
        if key != POSITION_KEY
    }
