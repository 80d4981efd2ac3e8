"""The one mutable value of the core: all that is known of a record while it is being charged.

Rules write into it in their order; nothing of it leaves before the last rule is done, and what
leaves is frozen.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from streams.model.account import Account, Accumulators, Balances, Bucket, ServiceAssignment
from streams.model.instant import Instant, Period
from streams.model.money import ZERO, Quantity
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.model.usage import UsageRecord
from streams.rate.offer import CompiledOffer, UnitPrice
from streams.rate.price_plan import CompiledPricePlan

Total = tuple[str, Instant, Instant, Quantity]
"""An accumulator's id, its period's start and end, and its total."""


class Part(NamedTuple):
    """A quantity that was priced as one: `used` is the tier reference before it."""

    unit: str
    quantity: Quantity
    used: Quantity
    band: str
    price: UnitPrice


class Rating:
    """Everything about one record while it is charged.

    `buckets` and `totals` are working copies of the account's state; `opening` keeps the remaining
    of each bucket as it stood before the record, by place. `moved` is what the record has added to
    accumulators so far.
    """

    __slots__ = (
        "account",
        "amount",
        "assignment",
        "band",
        "buckets",
        "changes",
        "lines",
        "moved",
        "offer",
        "overrun",
        "parts",
        "period",
        "plan",
        "postings",
        "record",
        "thresholds",
        "total",
        "totals",
        "zone",
    )

    def __init__(
        self,
        record: UsageRecord,
        *,
        account: Account,
        assignment: ServiceAssignment,
        plan: CompiledPricePlan,
        offer: CompiledOffer,
    ) -> None:
        self.record = record
        self.account = account
        self.assignment = assignment
        self.plan = plan
        self.offer = offer
        self.zone = ""
        self.band = ""
        self.lines: list[ChargeLine] = []
        self.parts: list[Part] = []
        self.moved: dict[str, Quantity] = {}
        self.postings: list[Posting] = []
        self.changes: list[BalanceChange] = []
        self.total: Decimal = ZERO
        self.amount: Decimal = ZERO
        self.overrun: Decimal = ZERO

    def open(self, *, period: Period, balances: Balances, accumulators: Accumulators) -> None:
        """Take the account's state for the period that the record belongs to."""
        self.period = period
        self.buckets: list[Bucket] = list(balances.buckets)
        self.thresholds: Sequence[tuple[str, Instant]] = balances.thresholds
        self.totals: tuple[Total, ...] = accumulators.totals

    def used_of(self, accumulator: str) -> Quantity:
        """The accumulator's total in the record's period, with what the record added so far."""
        start = self.period.start
        moved = self.moved.get(accumulator, 0)
        for name, period_start, _, total in self.totals:
            if period_start == start and name == accumulator:
                return total + moved
        return moved
