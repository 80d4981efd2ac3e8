"""Charging one partition: dedupe → guide → rate → accumulate, and the commands between.

The owner of a partition calls this for each input in the log's order, with a view of its state and
the step's effects. Nothing here fails for a wrong record: every record ends charged or with a
verdict. An exception is a bug; the owner undoes that input alone.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.accumulate.counters import post_charges
from streams.bill_units import tell_units
from streams.caps.slices import Place
from streams.charge_record import RecordChain
from streams.command_ids import note
from streams.commands import CommandBook
from streams.due.apply import apply_command
from streams.due.fold import AT_ONCE, Folding
from streams.ends import duplicate, refuse
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import (
    AdvanceClock,
    Command,
    FoldPeriods,
    Forwarded,
    PutStatus,
    Released,
    SentOn,
    Tick,
)
from streams.model.session_command import SignalSessions
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.moved import Home, release_on, sent_on_key
from streams.outbox import forward
from streams.outcome import Drop, Reject, RejectReason
from streams.partition import partition_of
from streams.rate.guide import Earlier, Elsewhere, find_assignment
from streams.rate.plan import Plan
from streams.record_ids import (
    is_redelivery,
    mark_of,
    position_of,
)
from streams.refusals import wrong_home
from streams.session.sessions import Sessions
from streams.session.signalling import Signalling
from streams.state import (
    Effects,
    RecordMark,
    RecordState,
    State,
    Table,
    record_id_key,
)
from streams.versions import missing_version

_RECORD_IDS: Final = Table.RECORD_IDS
_CHARGED: Final = RecordState.CHARGED
_TOO_LATE: Final = RejectReason.OUTSIDE_DEDUPE_WINDOW
_NOT_HERE: Final = (
    RejectReason.UNKNOWN_SERVICE,
    RejectReason.NOT_YET_ACTIVE,
    RejectReason.SERVICE_ENDED,
)
"""A service that has no account here at the event's time."""


class Way(NamedTuple):
    """How a record came: whether the home of its id has judged it, and which homes it came by.

    `sender` has it tried again, and takes it where it is not for this home; -1: nobody does.
    """

    is_judged: bool
    hops: int = 0
    sender: int = -1


FROM_SOURCE: Final = Way(False)


class Charging:
    """The charging core of one partition. `plans` is live: it grows as versions are compiled."""

    folded_at_once = AT_ONCE
    """Accounts that one command folds forward at most."""
    moved_at_once = 200
    """So much of an account leaves in one message at most."""

    def __init__(self, *, plans: Mapping[str, Plan], partitions: int, partition: int) -> None:
        self._plans = plans
        self._partitions = partitions
        self._partition = partition
        self._home = Home(partition, partitions, self.moved_at_once)
        self._commands = CommandBook(plans, self._home)
        self._folding = Folding(plans, partition, self.folded_at_once, partitions=partitions)
        self._chain = RecordChain(plans, self._folding, partition, partitions)
        self._attempt = self._chain.attempt
        self._signalling = Signalling(self._folding, plans)
        place = Place(partition, partitions)
        self._sessions = Sessions(self._try, self._folding, place, plans)

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
        return missing_version(entry, self._plans, state)

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
                became = self._end(
                    record, position, outcome, FROM_SOURCE, state=state, effects=effects
                )
            topic_id, partition = position.topic_id, position.partition
            seen = RecordMark(became, topic_id, partition, position.offset, position.index)
            state.put(_RECORD_IDS, key, seen)
        else:
            self._repeat(record, position, mark, state=state, effects=effects)

    def settle(self, state: State, effects: Effects) -> None:
        """Put what the charges of a step add to the counter-accounts; once a step, as its last."""
        post_charges(effects.rated, state)
        if len(effects.alerts) != effects.heeded:
            self._signalling.heed_alerts(state, effects)
        self._sessions.heed(state, effects)
        # Kept any longer, its memory could not be used again by the next step, still warm.
        self._chain.forget_step()

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        """Apply a command once; a known id does nothing."""
        self._chain.forget_step()
        made = len(effects.rated)
        self._apply(command, state, effects)
        tell_units(effects, made, state)
        self._chain.forget_step()

    def _apply(self, command: Command, state: State, effects: Effects) -> None:
        match command:
            case Forwarded():
                if note(command, state):
                    self._take_in(command, state=state, effects=effects)
            case Released():
                self._release_all(command, FROM_SOURCE, state=state, effects=effects)
            case SentOn():
                if note(command, state):
                    self._apply_sent_on(command, state=state, effects=effects)
            case ChargingRequest():
                self._sessions.ask(command, state, effects)
            case SignalSessions():
                if not self._commands.is_sent_on(command, state, effects) and note(command, state):
                    self._signalling.obey(command, state, effects)
            case PutStatus():
                apply_command(command, self._commands, self._folding, state=state, effects=effects)
                self._signalling.heed_status(command, state, effects)
            case Tick() | FoldPeriods() | AdvanceClock():
                apply_command(command, self._commands, self._folding, state=state, effects=effects)
                self._end_sessions(state, effects)
            case _:
                apply_command(command, self._commands, self._folding, state=state, effects=effects)

    def ask(self, request: ChargingRequest, *, state: State, effects: Effects) -> ChargingAnswer:
        """Do what a caller of the online door asks, once; the answer."""
        made = len(effects.rated)
        answer = self._sessions.ask(request, state, effects)
        tell_units(effects, made, state)
        return answer

    def _end_sessions(self, state: State, effects: Effects) -> None:
        """Settle what has expired; what is too much for one command goes with the next."""
        if self._sessions.expire(self.folded_at_once, state, effects):
            self._folding.remind(state, effects)
        self._signalling.go_on(state, effects)

    def _try(
        self, record: UsageRecord, position: SourcePosition, state: State, effects: Effects
    ) -> Elsewhere | Drop | Reject | None:
        outcome = self._attempt(record, position, state, effects)
        is_late = isinstance(outcome, Reject) and outcome.reason == _TOO_LATE
        if is_late or isinstance(outcome, Earlier):
            # What a session charges has its ids nowhere else.
            with self._chain.asked():
                return self._attempt(record, position, state, effects)
        return outcome

    def _apply_sent_on(self, sent: SentOn, *, state: State, effects: Effects) -> None:
        """Carry out what came where its account lived."""
        if isinstance(sent.command, Released):
            way = Way(True, sent.hops, sent.sender)
            self._release_all(sent.command, way, state=state, effects=effects)
            return
        made = len(effects.causes)
        self.apply_command(sent.command, state=state, effects=effects)
        effects.causes[made:] = [(record, sent) for record, _ in effects.causes[made:]]

    def _take_in(self, forwarded: Forwarded, *, state: State, effects: Effects) -> None:
        """Charge what another home has judged. What was sent on from here may come back."""
        batch, way = forwarded.batch, Way(True, forwarded.hops + 1)
        for record in batch.records:
            position = _position(batch, record)
            key = record_id_key(record.occurred_at, record.record_id)
            mark = state.get(_RECORD_IDS, key)
            is_same = mark is None or is_redelivery(mark, position)
            if mark is not None and mark.state == RecordState.FORWARDED:
                # Where it was sent to, another delivery of it may have been the first.
                is_back = is_same or forwarded.is_return
            else:
                is_back = False
            if mark is None or is_back:
                became = self._charge(record, position, way, state=state, effects=effects)
                state.put(_RECORD_IDS, key, mark_of(became, position))
            elif not is_same:
                self._repeat(record, position, mark, state=state, effects=effects)

    def _release_all(self, release: Released, way: Way, *, state: State, effects: Effects) -> None:
        for record in release.batch.records:
            position = _position(release.batch, record)
            key = record_id_key(record.occurred_at, record.record_id)
            mark = state.get(_RECORD_IDS, key)
            went_to: int | None = None
            if mark is not None and mark.state == RecordState.FORWARDED:
                went_to = state.get(Table.MOVES, sent_on_key(key))
            if went_to is not None:
                # It waits, or ended, where it was sent on to.
                only = Released(release.command_id, replace(release.batch, records=(record,)))
                release_on(only, went_to, way.hops, self._home, state=state, effects=effects)
            else:
                self._release(record, position, mark, way, state=state, effects=effects)

    def _release(  # noqa: PLR0913 - a record, what is known of it, and where that goes
        self,
        record: UsageRecord,
        position: SourcePosition,
        mark: RecordMark | None,
        way: Way,
        *,
        state: State,
        effects: Effects,
    ) -> None:
        """Try a suspended record again, under the position it was first seen at.

        Another delivery of it that was released instead is the duplicate of the two.
        """
        key = record_id_key(record.occurred_at, record.record_id)
        if mark is None or mark.state == RecordState.SUSPENDED:
            first = position if mark is None else position_of(mark)
            if first != position:
                effects.verdicts.append(duplicate(record, position))
                record = replace(record, offset=first.offset, index=first.index)
            way = way._replace(sender=-1) if mark is None else way._replace(is_judged=True)
            became = self._charge(record, first, way, state=state, effects=effects)
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
        way: Way,
        *,
        state: State,
        effects: Effects,
    ) -> RecordState:
        """Charge the record, send it on to its new home, or give its verdict."""
        if way.is_judged:
            with self._chain.judged():
                outcome = self._attempt(record, position, state, effects)
        else:
            outcome = self._attempt(record, position, state, effects)
        if outcome is None:
            return _CHARGED
        return self._end(record, position, outcome, way, state=state, effects=effects)

    def _end(  # noqa: PLR0913 - a record, what became of it, and where that goes
        self,
        record: UsageRecord,
        position: SourcePosition,
        outcome: Elsewhere | Drop | Reject,
        way: Way,
        *,
        state: State,
        effects: Effects,
    ) -> RecordState:
        """Send a record that was not charged on to its new home, or give its verdict."""
        if not isinstance(outcome, Elsewhere):
            if way.sender >= 0 and isinstance(outcome, Reject) and outcome.reason in _NOT_HERE:
                self._forward(
                    record, position, way.sender, is_return=True, state=state, effects=effects
                )
                return RecordState.FORWARDED
            return refuse(record, position, outcome, effects)
        is_home = self._is_home(record, outcome.root)
        if is_home and isinstance(outcome, Earlier):
            # Its root has changed since, but not the partition that keeps its id.
            way = way._replace(is_judged=True)
            return self._charge(record, position, way, state=state, effects=effects)
        if is_home or way.hops > self._partitions:
            # It has gone in a circle: its account is between two homes.
            return refuse(record, position, wrong_home(record, outcome), effects)
        root, hops = outcome.root, way.hops
        self._send_on(record, position, root, hops=hops, state=state, effects=effects)
        return RecordState.FORWARDED

    def _send_on(  # noqa: PLR0913 - a record, whither, and where that goes
        self,
        record: UsageRecord,
        position: SourcePosition,
        root: str,
        *,
        hops: int = 0,
        state: State,
        effects: Effects,
    ) -> None:
        to = partition_of(record.tenant, root, self._partitions)
        record = replace(record, root=root)
        self._forward(record, position, to, hops=hops, state=state, effects=effects)

    def _forward(  # noqa: PLR0913 - a record, whither, and where that goes
        self,
        record: UsageRecord,
        position: SourcePosition,
        receiver: int,
        *,
        hops: int = 0,
        is_return: bool = False,
        state: State,
        effects: Effects,
    ) -> None:
        key = record_id_key(record.occurred_at, record.record_id)
        state.put(Table.MOVES, sent_on_key(key), receiver)
        forward(
            record,
            position,
            sender=self._partition,
            receiver=receiver,
            hops=hops,
            is_return=is_return,
            state=state,
            effects=effects,
        )

    def _is_home(self, record: UsageRecord, root: str) -> bool:
        return partition_of(record.tenant, root, self._partitions) == self._partition


def _position(batch: UsageBatch, record: UsageRecord) -> SourcePosition:
    return SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)
