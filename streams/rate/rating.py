"""The one mutable value of the core: all that is known of a record while it is being charged.

Rules write into it in their order; nothing of it leaves before the last rule is done, and what
leaves is frozen.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from streams.caps.slices import CapUse
from streams.model.account import Balances, Bucket
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.money import ZERO, Quantity, added
from streams.model.rated import Alert, BalanceChange, ChargeLine, Posting
from streams.model.session import SessionTally
from streams.model.tally import Tally
from streams.model.usage import SourcePosition, UsageRecord
from streams.rate.held import HeldChange
from streams.rate.payer import Payer
from streams.rate.pooled import Drawn
from streams.rate.prices.price import UnitPrice
from streams.rate.terms import PlanTerms
from streams.rate.time_unit import Segment
from streams.rate.words import asked_word
from streams.state import State


class Part(Struct, frozen=True, gc=False):
    """A quantity that was priced as one: `used` is the tier reference before it.

    `lines` are its charge while nothing of it was taken back, and empty after that. `allowances`
    are those that it may burn, where its price says so; None: all of the offer.
    """

    unit: str
    quantity: Quantity
    used: Quantity
    band: str
    price: UnitPrice
    lines: tuple[ChargeLine, ...]
    allowances: frozenset[str] | None = None


class Rating(Struct, gc=False):
    """Everything about one record while it is charged.

    `held` is what the account holds before it, `buckets` a working copy of its buckets; `granted`
    are those opened by this record. `moved` is what the record has added to accumulators so far,
    `brought` what it adds to partners' totals.
    `segments` are there only where the usage spans band switches. `parts` are kept where tiers,
    bands or allowances need them; where they are not, each line is a part, by the price that
    `prices` has for its unit, and `counted` is the sum of their quantities. `is_offset`: allowances
    took every part back whole. Where rate units say how much it is, `state` is what meters are
    looked up in, `position` where the record came from, `told` the line that tells the quantity,
    and `read` the key of a meter's register, what it shows and which meter it is. Where outcomes
    are sold, `outcomes` is how many the record achieves, `session` the key and tally of a session.
    `given` are the groups of exclusive discounts of which one has been given. `tax` is what of
    `total` is no revenue but tax. `cost` is what the usage costs the tenant, `costs` the same by
    unit, with `cost_lines`. `product` is what it is revenue of: until it is settled, only
    where an offer was chosen among several. Periods of
    totals that end up to `closed_before` are closed to late usage. `holding` is there where units
    stay: for which part of the period they are charged. `settling` is what is settled at a period's
    end: price plan, name, and a total that has that period. `money_left` is what the account has
    left with its wallets, where it has any. `pools` are those it may draw on. `entered` are notices
    of a first usage that it is meant by: threshold, group, what their period goes by. `caps` are
    totals of what usage has cost, each with the most of it that the account bears; `cap_level` is
    the one that the record went beyond. `tallied` are the accumulators of more than sums that it
    has moved, as they stand after it. `shared` is what it takes of caps that accounts of all
    `partitions` share. `bill_unit` is the start of the unit that it is billed with. `room` is there
    where the record is only tried: of each look at a total, by how much that could be higher and
    make no difference.
    """

    record: UsageRecord
    payer: Payer
    plan: PlanTerms
    period: Period
    buckets: list[Bucket]
    fired: tuple[tuple[str, Instant], ...]
    totals: tuple[tuple[str, Instant, Instant, Quantity], ...]
    held: Balances
    zone: str = ""
    band: str = ""
    total: Decimal = ZERO
    amount: Decimal = ZERO
    overrun: Decimal = ZERO
    tax: Decimal = ZERO
    cost: Decimal | None = None
    counted: Quantity = 0
    is_offset: bool = False
    given: tuple[str, ...] = ()
    costs: dict[str, Decimal] | None = None
    cost_lines: tuple[ChargeLine, ...] = ()
    granted: tuple[Bucket, ...] = ()
    alerts: tuple[Alert, ...] = ()
    segments: Sequence[Segment] = ()
    prices: dict[str, UnitPrice] | None = None
    lines: list[ChargeLine] = []
    parts: list[Part] = []
    moved: dict[str, Quantity] = {}
    brought: dict[str, Quantity] | None = None
    postings: list[Posting] = []
    changes: list[BalanceChange] = []
    state: State | None = None
    position: SourcePosition | None = None
    told: ChargeLine | None = None
    read: tuple[bytes, Quantity, str] | None = None
    outcomes: int = 0
    session: tuple[bytes, SessionTally] | None = None
    product: str = ""
    closed_before: Instant = BEGINNING
    holding: HeldChange | None = None
    settling: tuple[tuple[str, str, str], ...] = ()
    money_left: Decimal | None = None
    pools: tuple[Drawn, ...] = ()
    entered: tuple[tuple[str, str, str], ...] = ()
    caps: tuple[tuple[str, Decimal], ...] = ()
    cap_level: Decimal | None = None
    tallied: tuple[tuple[str, Tally], ...] = ()
    partitions: int = 1
    shared: tuple[CapUse, ...] = ()
    bill_unit: Instant = 0
    room: list[Quantity] | None = None

    @property
    def shares(self) -> frozenset[str]:
        """What the subscription has together with others."""
        return self.plan.shares

    def span_of(self, name: str) -> Period:
        """The period that the record counts in for a total or a grant: its month, or their own.

        Units that stay count in the last period that they are charged for.
        """
        own = self.plan.spans.get(name)
        if own is None:
            return self.period
        payer, closed = self.payer, self.closed_before
        billing = payer.account.billing
        return own.at(self._counted_at(), payer.time_zone, closed_before=closed, billing=billing)

    def _counted_at(self) -> Instant:
        return self.record.occurred_at if self.holding is None else self.holding.until - 1

    def name_of(self, total: str) -> str:
        """Which of a total's groups the record counts in; the total itself where it has none."""
        own = self.plan.spans.get(total)
        return own.name_of(total, self.word) if own is not None and own.by else total

    def used_of(self, accumulator: str) -> Quantity:
        """The accumulator's total in the record's period, with what the record added so far.

        Of an evaluation, what it says of the periods before.
        """
        if self.room is not None:
            self.room.append(0)
        start, sought = self.period.start, accumulator
        if self.plan.spans:
            evaluation = self.plan.evaluations.get(accumulator)
            tally = self.plan.tallies.get(accumulator)
            if tally is not None:
                return tally.used(self)
            if evaluation is not None:
                return evaluation.value(
                    self.totals,
                    at=self._counted_at(),
                    zone_name=self.payer.time_zone,
                    closed_before=self.closed_before,
                )
            start, sought = self.span_of(accumulator).start, self.name_of(accumulator)
        moved = self.moved.get(accumulator, 0)
        for name, period_start, _, total in self.totals:
            if period_start == start and name == sought:
                return total + moved
        return moved

    def move(self, total: str, quantity: Quantity) -> None:
        """Add to what the record moves a running total by."""
        self.moved[total] = added(self.moved.get(total, 0), quantity)

    def has_opened(self, accumulator: str) -> bool:
        """True where the record's period has an entry of the accumulator, be it of nothing."""
        if self.room is not None:
            self.room.append(0)
        tally = self.plan.tallies.get(accumulator)
        if tally is not None:
            return tally.has_opened(self)
        start, sought = self.span_of(accumulator).start, self.name_of(accumulator)
        return accumulator in self.moved or any(
            name == sought and period_start == start for name, period_start, _, _ in self.totals
        )

    def word(self, name: str) -> str | None:
        """An attribute of the record, or of whoever pays."""
        return asked_word(name, self.record, self.payer)

    def cost_of(self, unit: str) -> Decimal:
        """What the record's quantity of a unit costs the tenant."""
        return ZERO if self.costs is None else self.costs.get(unit, ZERO)

    def opening_of(self, bucket: Bucket) -> Quantity:
        """What the bucket held before the record: nothing, where the record opened it."""
        return 0 if bucket in self.granted else bucket.remaining
