"""The one mutable value of the core: all that is known of a record while it is being charged.

Rules write into it in their order; nothing of it leaves before the last rule is done, and what
leaves is frozen.
"""

from msgspec import Struct

from streams.model.account import Account, Accumulators, Balances, Bucket, ServiceAssignment
from streams.model.catalog import Allowance
from streams.model.instant import Period
from streams.model.money import ZERO, Quantity
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.model.usage import UsageRecord
from streams.rate.offer import CompiledOffer, UnitPrice
from streams.rate.price_plan import CompiledPricePlan


class Part(Struct, frozen=True, gc=False):
    """A quantity that was priced as one: `used` is the tier reference before it."""

    unit: str
    quantity: Quantity
    used: Quantity
    band: str
    price: UnitPrice


class Rating:
    """Everything about one record while it is charged.

    `buckets` is a working copy of the account's; `granted` are those opened by this record. `moved`
    is what the record has added to accumulators so far. `burns` are the allowances that have
    something left, with the place of their bucket; only where there are some, `parts` are kept.
    """

    zone = ""
    band = ""
    total = ZERO
    amount = ZERO
    overrun = ZERO
    granted: tuple[Bucket, ...] = ()

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
        self.lines: list[ChargeLine] = []
        self.burns: list[tuple[Allowance, int]] = []
        self.parts: list[Part] = []
        self.moved: dict[str, Quantity] = {}
        self.postings: list[Posting] = []
        self.changes: list[BalanceChange] = []

    def open(self, *, period: Period, balances: Balances, accumulators: Accumulators) -> None:
        """Take the account's state for the period that the record belongs to."""
        self.period = period
        self.buckets: list[Bucket] = list(balances.buckets)
        self.fired = balances.thresholds
        self.totals = accumulators.totals

    def used_of(self, accumulator: str) -> Quantity:
        """The accumulator's total in the record's period, with what the record added so far."""
        start = self.period.start
        moved = self.moved.get(accumulator, 0)
        for name, period_start, _, total in self.totals:
            if period_start == start and name == accumulator:
                return total + moved
        return moved

    def opening_of(self, bucket: Bucket) -> Quantity:
        """What the bucket held before the record: nothing, where the record opened it."""
        return 0 if bucket in self.granted else bucket.remaining
