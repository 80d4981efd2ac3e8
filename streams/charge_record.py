"""Charging one record: guide → fold what is due → rate → accumulate.

The chain that every record goes through, wherever it came from; what becomes of one that is not
charged is said by `streams.charge`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from streams.accumulate.accumulate import accumulate_usage
from streams.accumulate.budgets import count_budgets
from streams.accumulate.convert import convert_earned
from streams.accumulate.held import keep_held
from streams.accumulate.periods import open_period, period_of
from streams.accumulate.pools import accounts_drawn_on, show_pools
from streams.bill_units import unit_of_usage
from streams.caps.slices import Place, use
from streams.charge_children import charge_children
from streams.charge_parts import charge_parts
from streams.due.fold import Folding
from streams.model.account import Accumulators, Balances
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.usage import SourcePosition, UsageRecord
from streams.outcome import Drop, DropReason, Reject
from streams.rate.guide import JUDGED, Elsewhere
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
from streams.rate.spanning import Cut
from streams.record_ids import KEPT_DAYS, is_outside_window
from streams.refusals import no_catalog, outside_window
from streams.state import TIME, Effects, State, Table
from streams.tenant_time import OwnTimes, own_times, time_of

_BALANCES: Final = Table.BALANCES
_ACCUMULATORS: Final = Table.ACCUMULATORS
_META: Final = Table.META
_NO_BALANCES = Balances()
_NO_TOTALS = Accumulators()


class RecordChain:
    """The chain of one partition. `plans` is live: it grows as versions are compiled."""

    def __init__(
        self, plans: Mapping[str, Plan], folding: Folding, partition: int, partitions: int = 1
    ) -> None:
        self._partition = partition
        self._place = Place(partition, partitions)
        self._folding = folding
        self._periods: dict[str, Period] = {}
        self._guides = Guides(plans)
        self._step: object = None
        self._time: Instant = BEGINNING
        self._own_times: OwnTimes | None = None
        self._is_judged = False
        self._is_asked = False

    @contextmanager
    def asked(self) -> Iterator[None]:
        """What is charged meanwhile a session has used: its sequence says that it is charged once.

        So no window is too short for it, however long it ran or its end was waited for.
        """
        self._is_asked = True
        try:
            with self.judged():
                yield
        finally:
            self._is_asked = False

    @contextmanager
    def judged(self) -> Iterator[None]:
        """What is charged meanwhile came by the home that keeps its id, or waited here."""
        self._is_judged, self._step = True, None
        try:
            yield
        finally:
            self._is_judged, self._step = False, None

    def forget_step(self) -> None:
        """A command may have changed what `attempt` notes once a step: note it anew."""
        self._step = None

    def attempt(
        self, record: UsageRecord, position: SourcePosition, state: State, effects: Effects
    ) -> Elsewhere | Drop | Reject | None:
        """Charge the record, or say why not; None: charged, its effects are in."""
        if effects.step is not self._step:
            self._begin(state, effects.step)
        guide = self._guides.guide_of(record, state)
        for usage in record.usages:
            if usage.quantity:
                break
        else:
            if guide is None or record.usage_type not in guide.plan.charges_zero:
                return Drop(DropReason.ZERO_USAGE)
        if guide is None:
            return no_catalog(record)
        plan, closed_before = guide.plan, BEGINNING
        time = self._time if self._own_times is None else self._time_for(record, state)
        if time != BEGINNING:
            days = plan.dedupe_window(record.usage_type)
            if is_outside_window(record, time=time, days=days) and not self._is_asked:
                return outside_window(record, plan)
            closed_before = time - plan.grace
        payer = guide.payer_of(record, state, self._guides.paying)
        if not isinstance(payer, Payer):
            return self._without_one_payer(record, payer, position, state, effects)
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
        if (due := balances.due) <= time or due <= record.occurred_at:
            self._folding.fold_before(record, payer.key, offer.is_held, state, effects)
            balances = state.get(_BALANCES, payer.key)
        period = self._period(record.occurred_at, payer.time_zone, closed_before)
        buckets, fired = list(balances.buckets), balances.thresholds
        totals = (state.get(_ACCUMULATORS, payer.key) or _NO_TOTALS).totals
        rating = Rating(record, payer, offer.plan, period, buckets, fired, totals, balances)
        rating.room, rating.bill_unit = effects.room, period.start
        open_period(rating, closed_before)
        if payer.account.has_pools:
            self._draw_on_pools(rating, offer.product, state, effects)
        if offer.reads_state:
            rating.state, rating.position, rating.product = state, position, offer.product
            rating.partitions = self._place.partitions
            if offer.segments is not None:
                offer.segments.tell(rating)
        refusal = (rate_usage if offer.outcome is None else rate_session)(rating, offer)
        if refusal is not None:
            return _left(rating, refusal)
        rating.product = rating.product or offer.product
        if payer.account.billing is not None or period.start > record.occurred_at:
            rating.bill_unit = unit_of_usage(payer.account, record.occurred_at, time, plan.grace)
        refusal = accumulate_usage(rating, plan, state, closed_before=closed_before)
        if refusal is not None:
            return refusal
        if payer.budgets:
            count_budgets(rating, state, time)
        effects.alerts += rating.alerts
        if offer.is_derived:
            _keep(rating, record)
        effects.rated.append(rated_usage(rating, position, rating.product, plan.version))
        if offer.has_sequel:
            self._follow_up(rating, offer, plan, state, effects)
        return None

    def _follow_up(
        self, rating: Rating, offer: CompiledOffer, plan: Plan, state: State, effects: Effects
    ) -> None:
        """What a charged record has done besides: to fees, by its points, to caps."""
        if offer.is_held:
            self._folding.drive(rating.record, rating, state, effects)
        if offer.earns:
            convert_earned(rating, plan, self._partition, state, effects)
        if offer.is_capped:
            at = rating.record.occurred_at
            for each in rating.shared:
                use(each, occurred_at=at, place=self._place, state=state, effects=effects)

    def _draw_on_pools(self, rating: Rating, product: str, state: State, effects: Effects) -> None:
        """Show the record what its pools hold, once that is done what was due there."""
        record, payer = rating.record, rating.payer
        order = accounts_drawn_on(payer.key, record.occurred_at, state)
        for reached in order:
            if reached.membership is not None:
                self._folding.fold_before(record, reached.key, False, state, effects)
        show_pools(rating, order, product, state)

    def _without_one_payer(
        self,
        record: UsageRecord,
        found: Elsewhere | Reject | Cut,
        position: SourcePosition,
        state: State,
        effects: Effects,
    ) -> Elsewhere | Drop | Reject | None:
        """Why nobody pays, or the charges of a record that is cut where that changes."""
        if not isinstance(found, Cut):
            return found
        effects.look_at_all()
        return charge_parts(
            record,
            found,
            charge=lambda part, draft, own: self.attempt(part, position, draft, own),
            state=state,
            effects=effects,
        )

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
        effects.look_at_all()
        balances: Balances = state.get(_BALANCES, payer.key) or _NO_BALANCES
        if balances.due <= time_of(record.tenant, state) or balances.due <= record.occurred_at:
            self._folding.fold_before(record, payer.key, False, state, effects)
        return charge_children(
            parent,
            record,
            payer,
            charge=lambda child, draft, own: self.attempt(child, position, draft, own),
            state=state,
            effects=effects,
        )

    def _begin(self, state: State, step: object) -> None:
        """Note what is the same for all records of a step up to its next command."""
        self._step = step
        self._time = state.get(_META, TIME) or BEGINNING
        self._own_times = own_times(state)
        self._guides.begin(state)
        if self._is_judged:
            self._guides.paying = JUDGED

    def _time_for(self, record: UsageRecord, state: State) -> Instant:
        """The tenant's time; the partition's where that has dropped the ids of such old records."""
        time, is_asked = self._time, self._is_asked
        if time != BEGINNING and is_outside_window(record, time=time, days=KEPT_DAYS):
            return time_of(record.tenant, state) if is_asked else time
        return time_of(record.tenant, state)

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


def _left(rating: Rating, refusal: Drop | Reject) -> Drop | Reject:
    """Why it is not charged; a reading of nothing is kept all the same."""
    if type(refusal) is Drop:
        keep_reading(rating)
    return refusal


def _is_nothing(record: UsageRecord) -> bool:
    """True where nothing was measured."""
    return not any(usage.quantity for usage in record.usages)
