"""Bugs, planted by overriding one small method each, that the simulation must find.

Nothing in the product knows of them. Each is a mistake that somebody could make in good faith.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from connectors.kafka.codec import encode_value
from connectors.kafka.ledger import Chain, Link
from streams.model.account import Balances
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import Command, OutboxMessage, PartnerVolume
from streams.model.instant import BEGINNING
from streams.model.ledger import WHOLE
from streams.model.usage import SourcePosition, UsageRecord
from streams.state import TIME, Effects, State, Table
from tests.simulate.business import SIM_PLAN, BreakableCharging
from tests.simulate.disk import SimShelf
from tests.simulate.mediation import Mediator
from tests.simulate.readers import Sink, ValidReader
from tests.simulate.world import Cast
from topologies.hold import Hold
from topologies.outbox import Outbox
from topologies.overlay import Overlay
from topologies.owner import PartitionOwner
from topologies.recovery import Replay
from topologies.requests import Question
from topologies.runner import MediationOutput
from topologies.step import Portion, Step, StepComputer
from topologies.step import Sink as Into


class CommitBeforeAck(Mediator):
    """The source is acknowledged before what was made of it."""

    async def _deliver(
        self, place: tuple[str, int], output: MediationOutput, following: int
    ) -> None:
        self._commit(place, following)
        await self._send(output)


class _EagerHold(Hold):
    async def write(self, step: Step) -> bool:
        record, position = step.record, self._store.position
        self._store.write(record.delta, record.dropped, position, step.overlay.values)
        return await super().write(step)


class ApplyBeforeAck(PartitionOwner):
    """The state takes a step that the ledger has not acknowledged."""

    hold_type = _EagerHold


class _TrustingChain(Chain):
    def accept(self, offset: int, record: Link) -> bool:
        self.last, self.owner = offset, record.owner
        return True


class _TrustingReplay(Replay):
    def _follow_store(self) -> None:
        super()._follow_store()
        self.chain = _TrustingChain(self.chain.last, self.chain.owner)


class _TrustingHold(Hold):
    replay_type = _TrustingReplay

    def _is_mine(self) -> bool:
        return True


class NoFencing(PartitionOwner):
    """Every append counts as the owner's word, whoever has written in between."""

    hold_type = _TrustingHold


class _ForgetfulState:
    def __init__(self, state: State, forgotten: Table = Table.RECORD_IDS) -> None:
        self._state = state
        self._forgotten = forgotten
        self.put, self.delete, self.drop = state.put, state.delete, state.drop
        self.scan, self.paying = state.scan, state.paying

    def get(self, table: Table, key: bytes) -> Any:
        return None if table == self._forgotten else self._state.get(table, key)


class _ForgetfulCharging(BreakableCharging):
    def charge_record(
        self, record: UsageRecord, *, position: SourcePosition, state: State, effects: Effects
    ) -> None:
        super().charge_record(
            record, position=position, state=_ForgetfulState(state), effects=effects
        )


def no_dedupe(partition: int, partitions: int) -> _ForgetfulCharging:
    """A core that does not look for record ids."""
    return _ForgetfulCharging(
        plans={SIM_PLAN.version: SIM_PLAN}, partitions=partitions, partition=partition
    )


class _GullibleReader(ValidReader):
    chain_type = _TrustingChain


class VoidCounted(Sink):
    """A reader that takes every record for valid."""

    reader_type = _GullibleReader


class _WholeComputer(StepComputer):
    def _written(self, portions: Sequence[Portion]) -> tuple[int, int]:
        return portions[-1].offset, WHOLE


class OffsetAlone(PartitionOwner):
    """What was applied is remembered by message, not by (message, index)."""

    computer_type = _WholeComputer


class _CarelessComputer(StepComputer):
    def _undone(self, failed: Into, overlay: Overlay) -> Into:
        return failed[0], Effects()


class NotUndone(PartitionOwner):
    """An input that failed half-way leaves its changes."""

    computer_type = _CarelessComputer


class SnapshotAhead(PartitionOwner):
    """A snapshot taken inside a step: the state is newer than the position beside it."""

    async def _write(self, step: Step) -> bool:
        shelf = self._options.shelf
        if isinstance(shelf, SimShelf):
            before = shelf.finish(shelf.begin(self._store))
            content = shelf.copies.get(str(before))
            if content is not None:
                content.update({k: v for k, v in step.record.delta if v is not None})
        return await super()._write(step)


class _HopefulOutbox(Outbox):
    async def _try_send(self, message: OutboxMessage) -> None:
        self.note((), (message.message_id,))
        await super()._try_send(message)


class ClearedBeforeReceipt(PartitionOwner):
    """A message counts as received once it is sent."""

    outbox_type = _HopefulOutbox


class AddedTwice(Sink):
    """Totals that are added to whatever is there already."""

    def _is_new(self, offset: int, through: int) -> bool:
        return True


class _VolumeTwice(BreakableCharging):
    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        if isinstance(command, PartnerVolume):
            time = state.get(Table.META, b"time")
            command = replace(command, command_id=f"{command.command_id}/{time}")
        super().apply_command(command, state=state, effects=effects)


def volume_twice(partition: int, partitions: int) -> BreakableCharging:
    """What a customer brought counts again when it is told again."""
    return _VolumeTwice(
        plans={SIM_PLAN.version: SIM_PLAN}, partitions=partitions, partition=partition
    )


class AnswerBeforeAck(PartitionOwner):
    """Callers are told before the ledger has what they are told."""

    async def _answer(self, asked: Sequence[Question]) -> None:
        at = max(self._options.now(), self._store.get(Table.META, TIME) or BEGINNING)
        requests = [replace(question.request, at=at) for question in asked]
        written = self._store.position.written
        _, answers = self._computer.compute_requests(requests, self._hold.head(), written)
        for question, answer in zip(asked, answers, strict=True):
            question.tell(answer)
        await super()._answer(asked)


class HoldForgotten(PartitionOwner):
    """Who takes a partition over gives back what was set aside: who held it has gone, surely."""

    async def _open(self) -> None:
        await super()._open()
        found: dict[bytes, Balances] = {
            bytes([Table.BALANCES]) + key: replace(
                held,
                buckets=tuple(
                    replace(each, remaining=each.unused, reserved=0) for each in held.buckets
                ),
            )
            for key, held in self._store.items(Table.BALANCES)
            if any(each.reserved for each in held.buckets)
        }
        delta = tuple((key, encode_value(value)) for key, value in found.items())
        self._store.replay([(delta, ())], self._store.position)


class _ForgetfulSessions(BreakableCharging):
    def ask(self, request: ChargingRequest, *, state: State, effects: Effects) -> ChargingAnswer:
        forgetful = _ForgetfulState(state, Table.ANSWERS)
        return super().ask(request, state=forgetful, effects=effects)


def first_answer_forgotten(partition: int, partitions: int) -> _ForgetfulSessions:
    """A core that keeps the answers of what has ended, and does not look for them."""
    return _ForgetfulSessions(
        plans={SIM_PLAN.version: SIM_PLAN}, partitions=partitions, partition=partition
    )


class _LastingSessions(BreakableCharging):
    def _end_sessions(self, state: State, effects: Effects) -> None:
        self._signalling.go_on(state, effects)


def never_expired(partition: int, partitions: int) -> _LastingSessions:
    """A core that leaves sessions to those who hold them."""
    return _LastingSessions(
        plans={SIM_PLAN.version: SIM_PLAN}, partitions=partitions, partition=partition
    )


BUGS: Mapping[str, Cast] = {
    "commit-before-ack": Cast(mediator=CommitBeforeAck),
    "apply-before-ack": Cast(owner=ApplyBeforeAck),
    "no-fencing": Cast(owner=NoFencing),
    "no-dedupe": Cast(core_of=no_dedupe),
    "void-counted": Cast(sink=VoidCounted),
    "offset-alone": Cast(owner=OffsetAlone),
    "not-undone": Cast(owner=NotUndone),
    "snapshot-ahead": Cast(owner=SnapshotAhead),
    "cleared-before-receipt": Cast(owner=ClearedBeforeReceipt),
    "added-twice": Cast(sink=AddedTwice),
    "volume-twice": Cast(core_of=volume_twice),
    "answer-before-ack": Cast(owner=AnswerBeforeAck),
    "hold-forgotten": Cast(owner=HoldForgotten),
    "first-answer-forgotten": Cast(core_of=first_answer_forgotten),
    "never-expired": Cast(core_of=never_expired),
}
