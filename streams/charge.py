"""Charging one partition: dedupe → guide → rate → accumulate, and the commands between.

The owner of a partition calls this for each input in the log's order, with a view of its state and
the step's effects. Nothing here fails for a wrong record: every record ends charged or with a
verdict. An exception is a bug; the owner undoes that input alone.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from streams.accumulate.counters import post_charges
from streams.charge_record import RecordChain
from streams.commands import CommandBook, catalog_of, version_from
from streams.due.apply import apply_command
from streams.due.fold import AT_ONCE, Folding
from streams.ends import duplicate, refuse
from streams.model.balance_command import Adjust, AnswerTopUp, ConvertPoints, TopUp
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import (
    ActivateCatalog,
    Command,
    FoldPeriods,
    Forwarded,
    PutAttributes,
    Released,
    Tick,
)
from streams.model.instant import BEGINNING, Instant
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.outbox import forward
from streams.outcome import Drop, Reject
from streams.partition import partition_of
from streams.rate.guide import Elsewhere, find_assignment
from streams.rate.plan import Plan
from streams.record_ids import (
    is_redelivery,
    mark_of,
    position_of,
)
from streams.refusals import wrong_home
from streams.session.answers import drop_old_answers
from streams.session.sessions import Sessions
from streams.state import (
    TIME,
    Effects,
    RecordMark,
    RecordState,
    State,
    Table,
    record_id_key,
)

_RECORD_IDS: Final = Table.RECORD_IDS
_CHARGED: Final = RecordState.CHARGED


class Charging:
    """The charging core of one partition. `plans` is live: it grows as versions are compiled."""

    folded_at_once = AT_ONCE
    """Accounts that one command folds forward at most."""

    def __init__(self, *, plans: Mapping[str, Plan], partitions: int, partition: int) -> None:
        self._plans = plans
        self._partitions = partitions
        self._partition = partition
        self._commands = CommandBook(plans, partition, partitions)
        self._folding = Folding(plans, partition, self.folded_at_once, partitions=partitions)
        self._chain = RecordChain(plans, self._folding, partition)
        self._attempt = self._chain.attempt
        self._sessions = Sessions(self._try, self._folding, partition)

    def reads_of(self, records: Sequence[UsageRecord]) -> Sequence[tuple[Table, Collection[bytes]]]:
        """The keys that are worth reading in one go: those that no cache will hold."""
        return (
            (
                _RECORD_IDS,
                [record_id_key(record.occurred_at, record.record_id) for record in records],
            ),
        )

    def missing_version(self, entry: Command | UsageRecord, state: State) -> str | None:
        """A catalog version that has to be compiled before this input can be taken."""
        if isinstance(entry, UsageRecord | TopUp | Adjust | AnswerTopUp | ConvertPoints):
            version = catalog_of(entry.tenant, entry.occurred_at, state)
            return version if version is not None and version not in self._plans else None
        match entry:
            case ActivateCatalog(version=version):
                return None if version in self._plans else version
            case PutAttributes():
                version = version_from(entry, state)
                return version if version is not None and version not in self._plans else None
            case ChargingRequest():
                version = catalog_of(entry.tenant, entry.at, state)
                return version if version is not None and version not in self._plans else None
            case Forwarded(batch=batch) | Released(batch=batch):
                missing = (self.missing_version(record, state) for record in batch.records)
                return next((version for version in missing if version is not None), None)
            case _:
                return None

    def charge_record(
        self, record: UsageRecord, *, position: SourcePosition, state: State, effects: Effects
    ) -> None:
        """Charge a record once, whoever sends it however often."""
        key = record_id_key(record.occurred_at, record.record_id)
        mark = state.get(_RECORD_IDS, key)
        if mark is None:
            outcome = self._attempt(record, position, state, effects)
            if outcome is None:
                became = _CHARGED
            else:
                became = self._end(record, position, outcome, state=state, effects=effects)
            topic_id, partition = position.topic_id, position.partition
            seen = RecordMark(became, topic_id, partition, position.offset, position.index)
            state.put(_RECORD_IDS, key, seen)
        else:
            self._repeat(record, position, mark, state=state, effects=effects)

    def settle(self, state: State, effects: Effects) -> None:
        """Put what the charges of a step add to the counter-accounts; once a step, as its last."""
        post_charges(effects.rated, state)
        # Kept any longer, its memory could not be used again by the next step, still warm.
        self._chain.forget_step()

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        """Apply a command once; a known id does nothing."""
        self._chain.forget_step()
        match command:
            case Forwarded():
                self._take_in(command.batch, state=state, effects=effects)
            case Released(batch=batch):
                for record in batch.records:
                    self._release(record, _position(batch, record), state=state, effects=effects)
            case ChargingRequest():
                self._sessions.ask(command, state, effects)
            case Tick() | FoldPeriods():
                apply_command(command, self._commands, self._folding, state=state, effects=effects)
                self._end_sessions(state, effects)
            case _:
                apply_command(command, self._commands, self._folding, state=state, effects=effects)

    def ask(self, request: ChargingRequest, *, state: State, effects: Effects) -> ChargingAnswer:
        """Do what a caller of the online door asks, once; the answer."""
        self._chain.forget_step()
        return self._sessions.ask(request, state, effects)

    def _end_sessions(self, state: State, effects: Effects) -> None:
        """Settle what has expired; what is too much for one command goes with the next."""
        time: Instant = state.get(Table.META, TIME) or BEGINNING
        drop_old_answers(time, state)
        if self._sessions.expire(time, self.folded_at_once, state, effects):
            self._folding.remind(state, effects)

    def _try(
        self, record: UsageRecord, position: SourcePosition, state: State, effects: Effects
    ) -> Elsewhere | Drop | Reject | None:
        return self._attempt(record, position, state, effects)

    def _take_in(self, batch: UsageBatch, *, state: State, effects: Effects) -> None:
        for record in batch.records:
            position = _position(batch, record)
            key = record_id_key(record.occurred_at, record.record_id)
            mark = state.get(_RECORD_IDS, key)
            if mark is None:
                became = self._charge(record, position, state, effects, forwarded=True)
                state.put(_RECORD_IDS, key, mark_of(became, position))
            elif not is_redelivery(mark, position):
                effects.verdicts.append(duplicate(record, position))

    def _release(
        self, record: UsageRecord, position: SourcePosition, *, state: State, effects: Effects
    ) -> None:
        """Try a suspended record again, under the position it was first seen at.

        Another delivery of it that was released instead is the duplicate of the two.
        """
        key = record_id_key(record.occurred_at, record.record_id)
        mark = state.get(_RECORD_IDS, key)
        if mark is None or mark.state == RecordState.SUSPENDED:
            first = position if mark is None else position_of(mark)
            if first != position:
                effects.verdicts.append(duplicate(record, position))
                record = replace(record, offset=first.offset, index=first.index)
            became = self._charge(record, first, state, effects)
            state.put(_RECORD_IDS, key, mark_of(became, first))
        else:
            # Told again, so that whoever waits for the record's end hears of it.
            state.put(_RECORD_IDS, key, mark)
            self._repeat(record, position, mark, state=state, effects=effects)

    def _repeat(
        self,
        record: UsageRecord,
        position: SourcePosition,
        mark: RecordMark,
        *,
        state: State,
        effects: Effects,
    ) -> None:
        """An id that was seen before: nothing where it is our own repeat, else a duplicate.

        A record that was sent on is judged by its new home alone, which knows the delivery that
        came first; told here too, one position could end in two places.
        """
        if is_redelivery(mark, position):
            return
        known = find_assignment(record, state) if mark.state == RecordState.FORWARDED else None
        if isinstance(known, Elsewhere) and not self._is_home(record, known.root):
            self._send_on(record, position, known.root, state=state, effects=effects)
        else:
            effects.verdicts.append(duplicate(record, position))

    def _charge(
        self,
        record: UsageRecord,
        position: SourcePosition,
        state: State,
        effects: Effects,
        *,
        forwarded: bool = False,
    ) -> RecordState:
        """Charge the record, send it on to its new home, or give its verdict."""
        outcome = self._attempt(record, position, state, effects)
        if outcome is None:
            return _CHARGED
        return self._end(
            record, position, outcome, state=state, effects=effects, forwarded=forwarded
        )

    def _end(  # noqa: PLR0913 - a record, what became of it, and where that goes
        self,
        record: UsageRecord,
        position: SourcePosition,
        outcome: Elsewhere | Drop | Reject,
        *,
        state: State,
        effects: Effects,
        forwarded: bool = False,
    ) -> RecordState:
        """Send a record that was not charged on to its new home, or give its verdict."""
        if not isinstance(outcome, Elsewhere):
            return refuse(record, position, outcome, effects)
        if forwarded or self._is_home(record, outcome.root):
            return refuse(record, position, wrong_home(record, outcome), effects)
        self._send_on(record, position, outcome.root, state=state, effects=effects)
        return RecordState.FORWARDED

    def _send_on(
        self,
        record: UsageRecord,
        position: SourcePosition,
        root: str,
        *,
        state: State,
        effects: Effects,
    ) -> None:
        forward(
            replace(record, root=root),
            position,
            sender=self._partition,
            receiver=partition_of(record.tenant, root, self._partitions),
            state=state,
            effects=effects,
        )

    def _is_home(self, record: UsageRecord, root: str) -> bool:
        return partition_of(record.tenant, root, self._partitions) == self._partition


def _position(batch: UsageBatch, record: UsageRecord) -> SourcePosition:
    return SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)
