"""One step of a partition: inputs → a ledger record, computed on an overlay, nothing mutated.

What raises is undone alone and ends as `internal_error`: nearly no step has such an input, so it is
looked for, each input on a layer of its own, only where the step as a whole has raised. Where steps
are cut makes no difference to what they do.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from connectors.errors import ConnectorError, Corrupted
from connectors.kafka.charge_writer import ChargeWriter
from connectors.kafka.codec import decode_charging, encode_ledger, encode_value
from connectors.kafka.topics import Topic
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import Relayed
from streams.model.ledger import LEDGER_FORMAT, WHOLE, InputRange, LedgerRecord
from streams.model.rated import RecordVerdict
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.outcome import RejectReason, Verdict
from streams.state import Effects, RecordMark, RecordState, Table, record_id_key
from topologies.asked import ask_all
from topologies.origins import batch_of, origins_of
from topologies.overlay import Overlay, Readable
from topologies.ports import Core, OfferedBatch
from topologies.reject_limit import RejectGauge

Written = tuple[int, int]
"""(offset, index) of an input of `charging[p]`; index `WHOLE` stands for all of the message."""

Sink = tuple[Overlay, Effects]
"""Where the core puts what it does."""

SLICE_INPUTS: Final = 32
"""Records whose charges are packed together: until then they stay in the processor's cache."""


@dataclass(slots=True, eq=False)
class Portion:
    """Inputs of one message of `charging[p]` that follow one another: records or commands.

    `first` is the index of the first of `items`; `batch` is the header of records, None of
    commands. A message without inputs gives one empty portion, so that `written` passes it.
    """

    offset: int
    first: int
    items: Sequence[Any]
    is_last: bool
    batch: UsageBatch | None

    @property
    def written(self) -> Written:
        """The last input of this portion, as a ledger record names it."""
        return (self.offset, WHOLE if self.is_last else self.first + len(self.items) - 1)

    def cut(self, count: int) -> tuple["Portion", "Portion"]:
        """The first `count` items, and the others; both must have some."""
        head, rest = self.items[:count], self.items[count:]
        return (
            Portion(self.offset, self.first, head, False, self.batch),
            Portion(self.offset, self.first + count, rest, self.is_last, self.batch),
        )


def portions_above(batch: OfferedBatch, written: Written) -> Iterator[Portion]:
    """What of a batch comes after `written`, message by message; skips without decoding.

    Raises Corrupted where an offset is missing inside the batch.
    """
    expected = batch.offsets[0]
    for offset, value in zip(batch.offsets, batch.values, strict=True):
        if offset != expected:
            raise Corrupted(f"charging[{batch.partition}]: a hole at {expected}, next {offset}")
        expected += 1
        if (offset, WHOLE) <= written:
            continue
        first = written[1] + 1 if offset == written[0] else 0
        message = decode_charging(value)
        if isinstance(message, UsageBatch):
            yield Portion(offset, first, message.records[first:], True, message)
        else:
            yield Portion(offset, first, message[first:], True, None)


class Cutter:
    """Deals the portions of one batch out in steps of a bounded number of inputs."""

    def __init__(self, batch: OfferedBatch, written: Written) -> None:
        self._rest = portions_above(batch, written)
        self._left: list[Portion] = []

    def take(self, count: int) -> list[Portion]:
        """The next `count` inputs, or as many as there are; empty at the batch's end."""
        taken: list[Portion] = []
        while count > 0:
            portion = self._left.pop() if self._left else next(self._rest, None)
            if portion is None:
                break
            if len(portion.items) > count:
                portion, rest = portion.cut(count)
                self._left.append(rest)
            taken.append(portion)
            count -= max(1, len(portion.items))
        return taken

    def keep_first(self, portions: Sequence[Portion], count: int) -> list[Portion]:
        """The first `count` inputs of these; the others are dealt out again next."""
        self._left.extend(reversed(portions))
        return self.take(count)

    def keep_before(self, portions: Sequence[Portion], place: tuple[int, int]) -> list[Portion]:
        """What stands before item `place[1]` of portion `place[0]`; the others come again."""
        at, index = place
        kept, rest = list(portions[:at]), list(portions[at:])
        if index:
            head, tail = rest[0].cut(index)
            kept.append(head)
            rest[0] = tail
        self._left.extend(reversed(rest))
        return kept


class Step(NamedTuple):
    """A computed step, not yet in the ledger."""

    overlay: Overlay
    effects: Effects
    record: LedgerRecord
    value: bytes
    forwarded: list[Relayed]
    inputs: int


class StepHead(NamedTuple):
    """What a ledger record says of its writer."""

    prev: int
    owner: bytes
    generation: int
    engine: str
    partition: int


class StepComputer:
    """Computes steps of one partition with a core over a store."""

    def __init__(self, core: Core, store: Readable, gauge: RejectGauge) -> None:
        self._core = core
        self._store = store
        self._gauge = gauge

    def compute(self, portions: Sequence[Portion], head: StepHead) -> Step:
        """Charge the inputs in their order. Raises TooManyRejects."""
        charges = ChargeWriter()
        try:
            overlay, effects = self._take_together(portions, charges)
        except ConnectorError:
            raise
        except Exception:  # a bug met an input; which one is found out
            charges = ChargeWriter()
            overlay, effects = self._take_singly(portions, head)
        self._pack(overlay, effects, charges)
        record = self._record(
            head,
            overlay,
            effects,
            written=self._written(portions),
            inputs=tuple(
                InputRange(portion.offset, portion.first, portion.first + len(portion.items) - 1)
                for portion in portions
            ),
            counts=_counts(portions, effects, charged=len(charges.records)),
            origins=origins_of(
                [portion.items for portion in portions],
                has_commands=any(portion.batch is None for portion in portions),
                charged=charges.records,
                effects=effects,
            ),
        )
        forwarded = [
            item
            for portion in portions
            if portion.batch is None
            for item in portion.items
            if isinstance(item, Relayed)
        ]
        inputs = sum(len(portion.items) for portion in portions)
        value = encode_ledger(record, charges.packed())
        return Step(overlay, effects, record, value, forwarded, inputs)

    def compute_requests(
        self, requests: Sequence[ChargingRequest], head: StepHead, written: Written
    ) -> tuple[Step | None, list[ChargingAnswer | Exception]]:
        """Do what is asked; the step, with an answer for each.

        They do not move `written`. One that raises is undone alone. No step: nothing has changed.
        """
        overlay, effects, answers = ask_all(requests, self._core, self._store)
        if not overlay.is_changed:
            return None, answers
        charges = ChargeWriter()
        self._pack(overlay, effects, charges)
        record = self._record(
            head,
            overlay,
            effects,
            written=written,
            requests=tuple(requests),
            requested_at=requests[0].at,
            counts={"requests": len(requests)},
        )
        step = Step(overlay, effects, record, encode_ledger(record, charges.packed()), [], 0)
        return step, answers

    def _pack(self, overlay: Overlay, effects: Effects, charges: ChargeWriter) -> None:
        """Settle and pack what was charged since the last time, so that its memory is used again.

        How often is the same to the result: sums are exact, and charges keep their order.
        """
        self._core.settle(overlay, effects)
        charges.write(effects.rated)
        effects.rated.clear()

    def _take_together(self, portions: Sequence[Portion], charges: ChargeWriter) -> Sink:
        """All inputs on one layer, as if nothing could fail."""
        overlay, effects = Overlay(self._store), Effects()
        for portion in portions:
            if portion.batch is not None:
                for table, keys in self._core.reads_of(portion.items):
                    overlay.prefetch(table, keys)
        core = self._core
        for portion in portions:
            batch = portion.batch
            if batch is None:
                for command in portion.items:
                    core.apply_command(command, state=overlay, effects=effects)
                continue
            charge, topic_id, partition = core.charge_record, batch.topic_id, batch.partition
            for first in range(0, len(portion.items), SLICE_INPUTS):
                for record in portion.items[first : first + SLICE_INPUTS]:
                    position = SourcePosition(topic_id, partition, record.offset, record.index)
                    charge(record, position=position, state=overlay, effects=effects)
                self._pack(overlay, effects, charges)
        self._gauge.taken(sum(len(portion.items) for portion in portions))
        return overlay, effects

    def _take_singly(self, portions: Sequence[Portion], head: StepHead) -> Sink:
        """Each input on a layer of its own: what raises is undone alone and coded."""
        overlay, effects = Overlay(self._store), Effects()
        for portion in portions:
            for place, item in enumerate(portion.items):
                own = Overlay(overlay), Effects()
                try:
                    self._take(item, portion, own)
                except ConnectorError:
                    raise
                except Exception as error:
                    own = self._undone(own, overlay)
                    _refuse(place, portion, head, own, _detail(error, head))
                    self._gauge.failed(place, repr(error))
                overlay.absorb(own[0])
                effects.extend(own[1])
            self._gauge.taken(len(portion.items))
        return overlay, effects

    def _take(self, item: Any, portion: Portion, into: Sink) -> None:
        overlay, effects = into
        if portion.batch is None:
            self._core.apply_command(item, state=overlay, effects=effects)
        else:
            position = _position(item, portion.batch)
            self._core.charge_record(item, position=position, state=overlay, effects=effects)

    def _undone(self, _failed: Sink, overlay: Overlay) -> Sink:
        """A new layer in place of the one that an input has left half-way."""
        return Overlay(overlay), Effects()

    def _written(self, portions: Sequence[Portion]) -> Written:
        return portions[-1].written

    def _record(
        self, head: StepHead, overlay: Overlay, effects: Effects, **rest: Any
    ) -> LedgerRecord:
        return LedgerRecord(
            format=LEDGER_FORMAT,
            kind="step",
            prev=head.prev,
            owner=head.owner,
            generation=head.generation,
            engine=head.engine,
            delta=overlay.delta(encode_value),
            dropped=overlay.dropped(),
            verdicts=tuple(effects.verdicts),
            alerts=tuple(effects.alerts),
            outbox=tuple(effects.outbox),
            cleared=tuple(effects.cleared),
            facts=tuple(effects.facts),
            signals=tuple(effects.signals),
            decisions=tuple(effects.decisions),
            **rest,
        )


def _counts(portions: Sequence[Portion], effects: Effects, *, charged: int) -> dict[str, int]:
    """How many inputs of each kind were taken, and what became of the records."""
    made = len(effects.causes)
    counts = {"records": 0, "commands": 0, "made": made}
    counts[str(Verdict.CHARGED)] = charged - made
    for portion in portions:
        counts["commands" if portion.batch is None else "records"] += len(portion.items)
    counts.update(sorted(Counter(verdict.verdict for verdict in effects.verdicts).items()))
    return {name: count for name, count in counts.items() if count}


def _detail(error: Exception, head: StepHead) -> str:
    return f"{type(error).__name__}: {error}; engine {head.engine}"[:500]


def _refuse(place: int, portion: Portion, head: StepHead, into: Sink, detail: str) -> None:
    """An input that raised: a record, or a command with the records that it carries."""
    item = portion.items[place]
    if portion.batch is not None:
        _refuse_record(item, portion.batch, into, detail)
    elif (batch := batch_of(item)) is not None:
        for record in batch.records:
            _refuse_record(record, batch, into, detail)
    else:
        index = portion.first + place
        where = SourcePosition(str(Topic.CHARGING), head.partition, portion.offset, index)
        into[1].verdicts.append(_internal_error(where, None, detail))


def _refuse_record(record: UsageRecord, batch: UsageBatch, into: Sink, detail: str) -> None:
    """A record that raised ends as `internal_error`; known already, as what it was."""
    overlay, effects = into
    position = _position(record, batch)
    key = record_id_key(record.occurred_at, record.record_id)
    known = overlay.get(Table.RECORD_IDS, key)
    if known is None or known.state in (RecordState.SUSPENDED, RecordState.FORWARDED):
        overlay.put(Table.RECORD_IDS, key, RecordMark(RecordState.ERROR, *_place(position)))
        effects.verdicts.append(_internal_error(position, record, detail))
    elif _place(known) != _place(position):
        effects.verdicts.append(
            RecordVerdict(Verdict.DUPLICATE, "", detail, "", "", position, record)
        )


def _position(record: UsageRecord, batch: UsageBatch) -> SourcePosition:
    return SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)


def _place(at: SourcePosition | RecordMark) -> tuple[str, int, int, int]:
    return at.topic_id, at.partition, at.offset, at.index


def _internal_error(
    position: SourcePosition, record: UsageRecord | None, detail: str
) -> RecordVerdict:
    return RecordVerdict(
        Verdict.ERROR, RejectReason.INTERNAL_ERROR, detail, "", "", position, record
    )
