"""Charging one partition: dedupe → guide → rate → accumulate, and the commands between.

The owner of a partition calls this for each input in the log's order, with a view of its state and
the step's effects. Nothing here fails for a wrong record: every record ends charged or with a
verdict. An exception is a bug; the owner undoes that input alone.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from streams.accumulate.accumulate import accumulate_usage
from streams.accumulate.counters import post_charges
from streams.accumulate.held import keep_held
from streams.accumulate.periods import open_period, period_of
from streams.accumulate.pools import accounts_drawn_on, show_pools
from streams.charge_children import charge_children
from streams.commands import CommandBook, catalog_of
from streams.due.apply import apply_command
from streams.due.fold import AT_ONCE, Folding
from streams.ends import duplicate, refuse
from streams.model.account import Accumulators, Balances
from streams.model.command import (
    ActivateCatalog,
    Adjust,
    Command,
    ConvertPoints,
    Forwarded,
    Released,
    TopUp,
)
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.outbox import forward
from streams.outcome import Drop, DropReason, Reject
from streams.partition import partition_of
from streams.rate.guide import Elsewhere, find_assignment
from streams.rate.guides import Guides
from streams.rate.meter import keep_reading
from streams.rate.multi_rate import CompiledMultiRate
from streams.rate.offer import CompiledOffer, rate_usage
from streams.rate.payer import Payer
from streams.rate.plan import Plan
from streams.rate.rate import find_offer
from streams.rate.rated import rated_usage
from streams.rate.rating import Rating
from streams.rate.rules.quantity import tell_quantity
from streams.rate.session import rate_session
from streams.record_ids import (
    is_outside_window,
    is_redelivery,
    mark_of,
    position_of,
)
from streams.refusals import no_catalog, outside_window, wrong_home
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
_SERVICES: Final = Table.SERVICES
_ACCOUNTS: Final = Table.ACCOUNTS
_BALANCES: Final = Table.BALANCES
_ACCUMULATORS: Final = Table.ACCUMULATORS
_META: Final = Table.META
_CHARGED: Final = RecordState.CHARGED
_NO_BALANCES = Balances()
_NO_TOTALS = Accumulators()


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
        self._periods: dict[str, Period] = {}
        self._guides = Guides(plans)
        self._step: Effects | None = None
        self._time: Instant = BEGINNING

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
        if isinstance(entry, UsageRecord | TopUp | Adjust | ConvertPoints):
            version = catalog_of(entry.tenant, entry.occurred_at, state)
            return version if version is not None and version not in self._plans else None
        match entry:
            case ActivateCatalog(version=version):
                return None if version in self._plans else version
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
        self._step = None

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        """Apply a command once; a known id does nothing."""
        self._step = None
        match command:
            case Forwarded():
                self._take_in(command.batch, state=state, effects=effects)
            case Released(batch=batch):
                for record in batch.records:
                    self._release(record, _position(batch, record), state=state, effects=effects)
            case _:
                apply_command(command, self._commands, self._folding, state=state, effects=effects)

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

    def _attempt(
        self, record: UsageRecord, position: SourcePosition, state: State, effects: Effects
    ) -> Elsewhere | Drop | Reject | None:
        """Charge the record, or say why not; None: charged, its effects are in."""
        if effects is not self._step:
            self._begin(state, effects)
        guide = self._guides.guide_of(record, state)
        for usage in record.usages:
            if usage.quantity:
                break
        else:
            if guide is None or record.usage_type not in guide.plan.charges_zero:
                return Drop(DropReason.ZERO_USAGE)
        if guide is None:
            return no_catalog(record)
        plan, closed_before, time = guide.plan, BEGINNING, self._time
        if time != BEGINNING:
            if is_outside_window(record, time=time, days=plan.dedupe_window(record.usage_type)):
                return outside_window(record, plan)
            closed_before = time - plan.grace
        payer = guide.payer_of(record, state, self._guides.paying)
        if not isinstance(payer, Payer):
            return payer
        offer = find_offer(record, payer, plan)
        if not isinstance(offer, CompiledOffer):
            parent = plan.multi_rates.get(record.usage_type)
            if parent is None:
                return offer
            return self._charge_children(
                parent, record, position, payer, state=state, effects=effects
            )
        if plan.charges_zero and not offer.takes_nothing and _is_nothing(record):
            return Drop(DropReason.ZERO_USAGE)
        balances = state.get(_BALANCES, payer.key) or _NO_BALANCES
        due = balances.due
        if due <= time or due <= record.occurred_at:
            self._folding.fold_before(record, payer.key, offer.is_held, state, effects)
            balances = state.get(_BALANCES, payer.key)
        rating = Rating(
            record,
            payer,
            offer.plan,
            self._period(record.occurred_at, payer.time_zone, closed_before),
            list(balances.buckets),
            balances.thresholds,
            (state.get(_ACCUMULATORS, payer.key) or _NO_TOTALS).totals,
            balances,
        )
        open_period(rating, closed_before)
        if payer.account.has_pools:
            self._draw_on_pools(rating, offer.product, state, effects)
        if offer.reads_state:
            rating.state, rating.position, rating.product = state, position, offer.product
        refusal = (rate_usage if offer.outcome is None else rate_session)(rating, offer)
        if refusal is not None:
            if type(refusal) is Drop:
                keep_reading(rating)
            return refusal
        rating.product = rating.product or offer.product
        refusal = accumulate_usage(rating, plan, state, closed_before=closed_before)
        if refusal is not None:
            return refusal
        effects.alerts += rating.alerts
        if offer.is_derived:
            _keep(rating, record)
        effects.rated.append(rated_usage(rating, position, rating.product, plan.version))
        if offer.is_held:
            self._folding.drive(record, rating, state, effects)
        return None

    def _draw_on_pools(self, rating: Rating, product: str, state: State, effects: Effects) -> None:
        """Show the record what its pools hold, once that is done what was due there."""
        record, payer = rating.record, rating.payer
        order = accounts_drawn_on(payer.key, record.occurred_at, state)
        for reached in order:
            if reached.membership is not None:
                self._folding.fold_before(record, reached.key, False, state, effects)
        show_pools(rating, order, product, state)

    def _charge_children(  # noqa: PLR0913 - a record, who pays, and where that goes
        self,
        parent: CompiledMultiRate,
        record: UsageRecord,
        position: SourcePosition,
        payer: Payer,
        *,
        state: State,
        effects: Effects,
    ) -> Elsewhere | Drop | Reject | None:
        """Charge the record's children; what falls due before them falls due at the record."""
        balances: Balances = state.get(_BALANCES, payer.key) or _NO_BALANCES
        if balances.due <= self._time or balances.due <= record.occurred_at:
            self._folding.fold_before(record, payer.key, False, state, effects)
        return charge_children(
            parent,
            record,
            payer.account,
            charge=lambda child, draft, own: self._attempt(child, position, draft, own),
            state=state,
            effects=effects,
        )

    def _begin(self, state: State, effects: Effects) -> None:
        """Note what is the same for all records of a step up to its next command."""
        self._step = effects
        self._time = state.get(_META, TIME) or BEGINNING
        self._guides.begin(state)

    def _period(self, occurred_at: Instant, zone_name: str, closed_before: Instant) -> Period:
        """`period_of`, by way of the last answer for the zone: most usage is of one month."""
        period = self._periods.get(zone_name)
        if period is not None:
            start, end = period
            if start <= occurred_at < end and closed_before < end:
                return period
        period = period_of(occurred_at, zone_name, closed_before=closed_before)
        self._periods[zone_name] = period
        return period


def _keep(rating: Rating, record: UsageRecord) -> None:
    """What the record has left beside balances and totals: a meter's reading, units that stay."""
    tell_quantity(rating, record)
    keep_reading(rating)
    keep_held(rating)


def _is_nothing(record: UsageRecord) -> bool:
    """True where nothing was measured."""
    return not any(usage.quantity for usage in record.usages)


def _position(batch: UsageBatch, record: UsageRecord) -> SourcePosition:
    return SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)
