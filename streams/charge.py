"""Charging one partition: dedupe → guide → rate → accumulate, and the commands between.

The owner of a partition calls this for each input in the log's order, with a view of its state and
the step's effects. Nothing here fails for a wrong record: every record ends charged or with a
verdict. An exception is a bug; the owner undoes that input alone.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from streams.accumulate.accumulate import accumulate_usage
from streams.accumulate.periods import open_period, period_of
from streams.commands import CommandBook, catalog_of
from streams.model.account import Accumulators, Balances
from streams.model.command import (
    ActivateCatalog,
    Command,
    Forwarded,
    Released,
    TopUp,
)
from streams.model.instant import BEGINNING, Instant, Period, format_instant
from streams.model.rated import RatedUsage, RecordVerdict
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.outbox import forward
from streams.outcome import Drop, DropReason, Reject, RejectReason, Verdict, verdict_of
from streams.partition import partition_of
from streams.rate.guide import Elsewhere, Guided, guide
from streams.rate.plan import Plan
from streams.rate.rate import begin_rating, rate_usage
from streams.rate.rating import Rating
from streams.record_ids import (
    is_outside_window,
    is_redelivery,
    mark_of,
    position_of,
)
from streams.state import Effects, RecordState, State, Table, record_id_key

TIME = b"time"
_NO_BALANCES = Balances()
_NO_TOTALS = Accumulators()
_STATE_OF = {
    Verdict.IGNORED: RecordState.IGNORED,
    Verdict.SUSPENDED: RecordState.SUSPENDED,
    Verdict.ERROR: RecordState.ERROR,
}


class Charging:
    """The charging core of one partition. `plans` is live: it grows as versions are compiled."""

    def __init__(self, *, plans: Mapping[str, Plan], partitions: int, partition: int) -> None:
        self._plans = plans
        self._partitions = partitions
        self._partition = partition
        self._commands = CommandBook(plans)
        self._periods: dict[str, Period] = {}

    def reads_of(self, records: Sequence[UsageRecord]) -> list[tuple[Table, bytes]]:
        """The keys that these records are most likely to read, taking the root for the account."""
        keys: list[tuple[Table, bytes]] = []
        for record in records:
            tenant = record.tenant
            account = f"{tenant}\0{record.root}".encode()
            keys += (
                (Table.RECORD_IDS, record_id_key(record.occurred_at, record.record_id)),
                (Table.SERVICES, f"{tenant}\0{record.service_id}".encode()),
                (Table.ACCOUNTS, account),
                (Table.BALANCES, account),
                (Table.ACCUMULATORS, account),
            )
        return keys

    def missing_version(self, entry: Command | UsageRecord, state: State) -> str | None:
        """A catalog version that has to be compiled before this input can be taken."""
        match entry:
            case UsageRecord(tenant=tenant, occurred_at=at) | TopUp(tenant=tenant, occurred_at=at):
                version = catalog_of(tenant, at, state)
                return version if version is not None and version not in self._plans else None
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
        mark = state.get(Table.RECORD_IDS, key)
        if mark is None:
            self._charge(record, position, state=state, effects=effects)
        elif not is_redelivery(mark, position):
            effects.verdicts.append(_duplicate(record, position))

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        """Apply a command once; a known id does nothing."""
        match command:
            case Forwarded():
                self._take_in(command.batch, state=state, effects=effects)
            case Released(batch=batch):
                for record in batch.records:
                    self._release(record, _position(batch, record), state=state, effects=effects)
            case _:
                self._commands.apply(command, state=state, effects=effects)

    def _take_in(self, batch: UsageBatch, *, state: State, effects: Effects) -> None:
        for record in batch.records:
            position = _position(batch, record)
            mark = state.get(Table.RECORD_IDS, record_id_key(record.occurred_at, record.record_id))
            if mark is None:
                self._charge(record, position, state=state, effects=effects, forwarded=True)
            elif not is_redelivery(mark, position):
                effects.verdicts.append(_duplicate(record, position))

    def _release(
        self, record: UsageRecord, position: SourcePosition, *, state: State, effects: Effects
    ) -> None:
        """Try a suspended record again, under the position it was first seen at.

        Another delivery of it that was released instead is the duplicate of the two.
        """
        key = record_id_key(record.occurred_at, record.record_id)
        mark = state.get(Table.RECORD_IDS, key)
        if mark is None:
            self._charge(record, position, state=state, effects=effects)
        elif mark.state == RecordState.SUSPENDED:
            first = position_of(mark)
            if first != position:
                effects.verdicts.append(_duplicate(record, position))
                record = replace(record, offset=first.offset, index=first.index)
            self._charge(record, first, state=state, effects=effects)
        else:
            # Told again, so that whoever waits for the record's end hears of it.
            state.put(Table.RECORD_IDS, key, mark)
            if not is_redelivery(mark, position):
                effects.verdicts.append(_duplicate(record, position))

    def _charge(
        self,
        record: UsageRecord,
        position: SourcePosition,
        *,
        state: State,
        effects: Effects,
        forwarded: bool = False,
    ) -> None:
        outcome = self._attempt(record, position, state=state, effects=effects)
        became = RecordState.CHARGED
        if outcome is None:
            pass
        elif (
            isinstance(outcome, Elsewhere)
            and not forwarded
            and not self._is_home(record, outcome.root)
        ):
            became = RecordState.FORWARDED
            home = partition_of(record.tenant, outcome.root, self._partitions)
            forward(
                replace(record, root=outcome.root),
                position,
                sender=self._partition,
                receiver=home,
                state=state,
                effects=effects,
            )
        else:
            refusal = _wrong_home(record, outcome) if isinstance(outcome, Elsewhere) else outcome
            verdict = verdict_of(refusal)
            became = _STATE_OF[verdict]
            effects.verdicts.append(_verdict(record, position, refusal, verdict))
        key = record_id_key(record.occurred_at, record.record_id)
        state.put(Table.RECORD_IDS, key, mark_of(became, position))

    def _is_home(self, record: UsageRecord, root: str) -> bool:
        return partition_of(record.tenant, root, self._partitions) == self._partition

    def _attempt(
        self, record: UsageRecord, position: SourcePosition, *, state: State, effects: Effects
    ) -> Elsewhere | Drop | Reject | None:
        """Charge the record, or say why not; None: charged, its effects are in."""
        for usage in record.usages:
            if usage.quantity:
                break
        else:
            return Drop(DropReason.ZERO_USAGE)
        version = catalog_of(record.tenant, record.occurred_at, state)
        if version is None:
            return _no_catalog(record)
        plan = self._plans[version]
        time: Instant = state.get(Table.META, TIME) or BEGINNING
        if time != BEGINNING and is_outside_window(
            record, time=time, days=plan.dedupe_window(record.usage_type)
        ):
            return _outside_window(record, plan)
        guided = guide(record, state)
        if not isinstance(guided, Guided):
            return guided
        rating = begin_rating(record, guided, plan)
        if not isinstance(rating, Rating):
            return rating
        closed_before = time - plan.grace if time != BEGINNING else BEGINNING
        key = guided.key
        rating.open(
            period=self._period(record.occurred_at, guided.account.time_zone, closed_before),
            balances=state.get(Table.BALANCES, key) or _NO_BALANCES,
            accumulators=state.get(Table.ACCUMULATORS, key) or _NO_TOTALS,
        )
        open_period(rating, closed_before=closed_before)
        refusal = rate_usage(rating)
        if refusal is not None:
            return refusal
        alerts = accumulate_usage(
            rating, plan=plan, key=key, state=state, closed_before=closed_before
        )
        if isinstance(alerts, Reject):
            return alerts
        if alerts:
            effects.alerts += alerts
        effects.rated.append(_rated(rating, position, version))
        return None

    def _period(self, occurred_at: Instant, zone_name: str, closed_before: Instant) -> Period:
        """`period_of`, by way of the last answer for the zone: most usage is of one month."""
        period = self._periods.get(zone_name)
        if period is None or not (
            period.start <= occurred_at < period.end and closed_before < period.end
        ):
            period = period_of(occurred_at, zone_name, closed_before=closed_before)
            self._periods[zone_name] = period
        return period


def _position(batch: UsageBatch, record: UsageRecord) -> SourcePosition:
    return SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)


def _rated(rating: Rating, position: SourcePosition, version: str) -> RatedUsage:
    assignment = rating.assignment
    return RatedUsage(
        rating.record,
        position,
        assignment.account,
        assignment.root,
        assignment.subscription,
        assignment.price_plan,
        rating.offer.product,
        rating.plan.currency,
        rating.amount,
        rating.zone,
        rating.band,
        tuple(rating.lines),
        tuple(rating.postings),
        tuple(rating.changes),
        version,
    )


def _duplicate(record: UsageRecord, position: SourcePosition) -> RecordVerdict:
    return RecordVerdict(Verdict.DUPLICATE, "", "", "", "", position, record)


def _verdict(
    record: UsageRecord, position: SourcePosition, refusal: Drop | Reject, verdict: Verdict
) -> RecordVerdict:
    if isinstance(refusal, Drop):
        return RecordVerdict(verdict, refusal.reason, refusal.detail, "", "", position, record)
    return RecordVerdict(
        verdict, refusal.reason, refusal.detail, refusal.field, refusal.lacks, position, record
    )


def _wrong_home(record: UsageRecord, elsewhere: Elsewhere) -> Reject:
    return Reject(
        RejectReason.WRONG_HOME,
        f"service {record.service_id} was sent on here, but lives under {elsewhere.root}",
        field="service_id",
        lacks=f"service:{record.tenant}:{record.service_id}",
    )


def _no_catalog(record: UsageRecord) -> Reject:
    return Reject(
        RejectReason.NO_CATALOG,
        f"tenant {record.tenant} has no catalog at {format_instant(record.occurred_at)}",
        lacks=f"catalog:{record.tenant}",
    )


def _outside_window(record: UsageRecord, plan: Plan) -> Reject:
    return Reject(
        RejectReason.OUTSIDE_DEDUPE_WINDOW,
        f"{format_instant(record.occurred_at)} is more than"
        f" {plan.dedupe_window(record.usage_type)} days before the partition's time",
        field="occurred_at",
    )
