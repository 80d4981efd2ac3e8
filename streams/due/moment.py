"""One account while it is folded forward: what it is folded by, and at which time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from streams.accumulate.accumulate import accumulate_usage
from streams.accumulate.convert import convert_earned
from streams.accumulate.pools import accounts_drawn_on, show_pools
from streams.bill_units import unit_of_due, unit_of_usage
from streams.due.made import made_position
from streams.model.account import (
    Account,
    Accumulators,
    Balances,
    RunningFee,
    Service,
    ServiceAssignment,
)
from streams.model.command import Command
from streams.model.commission import PARTNER_TIER
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.rated import RatedUsage
from streams.model.usage import UsageRecord
from streams.outcome import Reject
from streams.rate.offer import CompiledOffer
from streams.rate.partner_tier import plain_with_tier, ranked
from streams.rate.payer import Payer, floor_of
from streams.rate.plan import Plan
from streams.rate.rated import rated_usage
from streams.rate.rating import Rating
from streams.state import CatalogMarks, Effects, State, Table

Cause = UsageRecord | Command
"""The input that found something due."""


@dataclass(slots=True)
class AccountMoment:
    """An account at one moment. What ends is judged by `time`, the tenant's; what begins by `now`,
    which usage may have brought a little ahead of it. `fold_pool` does what is due in another
    account up to a time, before that is drawn on. `is_new`: what falls due has just been made so,
    be it for times that are over."""

    key: bytes
    account: Account
    marks: CatalogMarks
    plans: Mapping[str, Plan]
    time: Instant
    now: Instant
    partition: int
    cause: Cause
    state: State
    effects: Effects
    partitions: int = 1
    fold_pool: Callable[[bytes, Instant], None] | None = None
    is_new: bool = False

    @property
    def grace(self) -> Instant:
        """How long a period stays open past its end: under none of the versions any longer."""
        return max(self.plans[version].grace for _, version in self.marks.marks)

    @property
    def balances(self) -> Balances:
        """What the account holds now."""
        held: Balances | None = self.state.get(Table.BALANCES, self.key)
        return held or Balances()

    def version_at(self, at: Instant) -> str:
        """The catalog version in force; before the first one, that."""
        return self.marks.at(at) or self.marks.marks[0][1]

    def versions_from(self, at: Instant) -> Iterator[str]:
        """The catalog version in force, then all there are, the newest first."""
        yield self.version_at(at)
        for _, version in reversed(self.marks.marks):
            yield version

    def plan_at(self, at: Instant) -> Plan:
        """The plan of `version_at`."""
        return self.plans[self.version_at(at)]

    def tell(self, charge: RatedUsage) -> None:
        """A charge was made."""
        unit = self.bill_unit_of(charge.record.occurred_at)
        self.effects.make(replace(charge, bill_unit=unit), self.cause)

    def bill_unit_of(self, at: Instant) -> Instant:
        """The bill unit of what falls due at a time."""
        if self.is_new:
            return unit_of_usage(self.account, at, self.time, self.grace)
        return unit_of_due(self.account, at, self.time)

    def assignment_of(self, running: RunningFee) -> ServiceAssignment:
        """The assignment that a fee runs with."""
        return ServiceAssignment(
            self.account.account,
            self.account.root,
            running.subscription,
            running.price_plan,
            running.start,
            running.end,
        )

    def payer_of(self, record: UsageRecord, assignment: ServiceAssignment) -> Payer:
        """Who pays a made record."""
        at = record.occurred_at
        plan = self.plan_at(at)
        account, plain, service_id = self.account, None, record.service_id
        if plan.attributes is not None:
            key = f"{account.tenant}\0{service_id}".encode()
            service: Service | None = self.state.get(Table.SERVICES, key) if service_id else None
            account, plain, _ = plan.attributes.tell(account, service, assignment.subscription, at)
        account = ranked(account, plan.commissions, at, self.state)
        if PARTNER_TIER in account.attributes:
            plain = plain_with_tier(plain, account.attributes[PARTNER_TIER])
        return Payer(
            Service(account.tenant, service_id, (assignment,)),
            account,
            assignment,
            assignment.start,
            assignment.end,
            self.key,
            assignment.price_plan,
            account.currency,
            account.time_zone,
            floor_of(account),
            plan.thresholds.money.of(account),
            self.state.get(Table.ACCOUNT_PRICES, self.key) if account.has_prices else None,
            stored=self.account,
            plain=plain,
        )

    def rating_of(
        self,
        record: UsageRecord,
        offer: CompiledOffer,
        assignment: ServiceAssignment,
        period: Period,
    ) -> Rating:
        """The rating of a made record, before any rule."""
        balances = self.balances
        totals: Accumulators | None = self.state.get(Table.ACCUMULATORS, self.key)
        rating = Rating(
            record,
            self.payer_of(record, assignment),
            offer.plan,
            period,
            list(balances.buckets),
            balances.thresholds,
            () if totals is None else totals.totals,
            balances,
            state=self.state,
        )
        if offer.segments is not None:
            offer.segments.tell(rating)
        if self.account.has_pools and self.fold_pool is not None:
            self._draw_on_pools(rating, offer.product)
        return rating

    def _draw_on_pools(self, rating: Rating, product: str) -> None:
        """Show the record what its pools hold at its time."""
        assert self.fold_pool is not None
        at = rating.record.occurred_at
        order = accounts_drawn_on(self.key, at, self.state)
        for reached in order:
            if reached.membership is not None:
                self.fold_pool(reached.key, at)
        show_pools(rating, order, product, self.state)

    def settle(self, rating: Rating, product: str) -> Reject | None:
        """Put what the rating did, and tell its charge."""
        plan = self.plan_at(rating.record.occurred_at)
        rating.product = product
        refusal = accumulate_usage(rating, plan, self.state, closed_before=BEGINNING)
        if refusal is None:
            self.effects.alerts += rating.alerts
            position = made_position(rating.record, self.partition)
            self.tell(rated_usage(rating, position, product, plan.version))
            if plan.automatic:
                rating.bill_unit = self.bill_unit_of(rating.record.occurred_at)
                convert_earned(rating, plan, self.partition, self.state, self.effects)
        return refusal
