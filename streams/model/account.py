"""Who is charged: accounts, their service ids and what they hold. Reference data is dated."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.attribute import AttributeValues
from streams.model.billing import Billing
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.money import Currency, Quantity, added
from streams.model.status import Statuses
from streams.model.usage import Usage

Payment = Literal["prepaid", "postpaid", "hybrid"]


class Account(Struct, frozen=True, array_like=True, tag=1):
    """An account as its owner knows it. `root` decides the partition; `version` rises by change.

    `credit_limit` bounds what a postpaid or hybrid account may owe (None: no bound); a prepaid
    account is bounded by its money. A hybrid one pays by its money, then is invoiced.
    `attributes` say what else it is (segment, country, reseller, …): prices, discounts, taxes and
    shares ask for them as `account.<name>`. `has_prices`: there are prices agreed with it;
    `has_pools`: it draws on pools. `statuses` say when its usage is taken. `has_supplements`:
    something supplements one of its subscriptions, or did. `dated` are values of attributes that
    the catalog declares, its own and those of its subscriptions. `moved_to` stands at a home that
    it has left: the root it went to. `former_roots` are those it had before. `has_budgets`:
    there are budgets that count its usage, or were. `billing` is there once it has a billing
    profile, or something of it is billed.
    """

    tenant: str
    account: str
    root: str
    payment: Payment
    currency: Currency
    time_zone: str
    credit_limit: Decimal | None = None
    version: int = 1
    attributes: dict[str, str] = {}
    has_prices: bool = False
    has_pools: bool = False
    statuses: Statuses = ()
    has_supplements: bool = False
    dated: AttributeValues = ()
    moved_to: str = ""
    former_roots: tuple[str, ...] = ()
    has_budgets: bool = False
    billing: Billing | None = None

    def is_under(self, root: str) -> bool:
        """True of its root, and of one that it had before."""
        return root == self.root or root in self.former_roots


class ServiceAssignment(Struct, frozen=True, array_like=True):
    """A service id belongs to an account under a price plan, from `start` until `end`.

    `root` is the root of the account at that time; an assignment that ended because the service
    moved to another root keeps the new home in `moved_to`. One that `supplements` a subscription
    of the account adds its price plan to that one's, and ends with it. Where the account has moved,
    `homes` are the roots it had, by rising time, each with the time before which the ids of events
    stay with that home.
    """

    account: str
    root: str
    subscription: str
    price_plan: str
    start: Instant
    end: Instant = FOREVER
    moved_to: str = ""
    supplements: str = ""
    homes: tuple[tuple[str, Instant], ...] = ()

    def root_at(self, at: Instant) -> str:
        """The root at whose home the ids of events of that time are kept."""
        for root, until in self.homes:
            if at < until:
                return root
        return self.root


class Service(Struct, frozen=True, array_like=True, tag=2):
    """All assignments of one service id, by rising start. `version` rises by change.

    `statuses` say when it may be used, `dated` what its attributes are, and when. `gone` are those
    of accounts that have left this home.
    """

    tenant: str
    service_id: str
    assignments: tuple[ServiceAssignment, ...]
    version: int = 1
    statuses: Statuses = ()
    dated: AttributeValues = ()
    gone: tuple[ServiceAssignment, ...] = ()


class RollsOver(Struct, frozen=True, array_like=True, gc=False):
    """What of a bucket outlives its end, until when; with all that was rolled over before it."""

    quantity: Quantity
    until: Instant


class Bucket(Struct, frozen=True, array_like=True, gc=False):
    """What an account holds of one resource in one period.

    `resource` is a currency or an allowance of the catalog. `remaining` falls by use; for money of
    a postpaid account it is negative by what is owed. `granted` is what was put in.

    `id` names the grant or the wallet that it came by; it is empty for the account's own money and
    for what a price plan grants for each period. Of several the lower `priority` burns first, then
    what ends first, then what began first. `products` narrow what it pays for, empty means any.
    `holder` is there while a member draws on a pool's bucket: the pool. It is never stored.
    `roll_over` is there where some of it outlives its end. Only usage of the subscription `group`
    draws on it; empty: of any. `reserved` is set aside for charging sessions that run: it is no
    longer in `remaining`, and not used yet.
    """

    resource: str
    start: Instant
    end: Instant
    granted: Quantity
    remaining: Quantity
    id: str = ""
    priority: int = 0
    products: tuple[str, ...] = ()
    holder: str = ""
    roll_over: RollsOver | None = None
    group: str = ""
    reserved: Quantity = 0

    @property
    def ledger_account(self) -> str:
        """Where its legs are booked: `account`, or `account:<holder>` of a pool's."""
        return f"account:{self.holder}" if self.holder else "account"

    def pays(self, product: str, at: Instant) -> bool:
        """True where it counts at that time, from `start` on and before `end`, for the product."""
        return self.start <= at < self.end and (not self.products or product in self.products)

    @property
    def unused(self) -> Quantity:
        """What remains, with what is set aside: all that goes where the bucket goes."""
        return added(self.remaining, self.reserved) if self.reserved else self.remaining

    def filled_with(self, quantity: Quantity) -> "Bucket":
        """The bucket with so much more put in."""
        granted, remaining = added(self.granted, quantity), added(self.remaining, quantity)
        return replace(self, granted=granted, remaining=remaining)

    def left_with(self, remaining: Quantity) -> "Bucket":
        """The bucket after a use, or after some of it was given back."""
        if not (
            self.id
            or self.priority
            or self.products
            or self.roll_over
            or self.group
            or self.reserved
        ):
            return Bucket(self.resource, self.start, self.end, self.granted, remaining)
        return replace(self, remaining=remaining)


def burn_order(bucket: Bucket) -> tuple[int, Instant, Instant, str]:
    """What the buckets of an account burn down by, the lowest first."""
    return bucket.priority, bucket.end, bucket.start, bucket.id


class Balances(Struct, frozen=True, array_like=True):
    """All open buckets of an account, in the order they burn down, and its threshold states.

    `thresholds` holds (threshold id, period start) pairs that have fired and not recovered. `due`
    is the partition's time at which something of the account falls due.
    """

    buckets: tuple[Bucket, ...] = ()
    thresholds: tuple[tuple[str, Instant], ...] = ()
    due: Instant = FOREVER


class Held(Struct, frozen=True, array_like=True):
    """Units that stay with a service until they are taken away, by the attributes they came with.

    `levelled_at` is the time of the newest level, where levels are told.
    """

    units: tuple[Usage, ...] = ()
    attributes: dict[str, str] = {}
    levelled_at: Instant = BEGINNING


class Driven(Struct, frozen=True, array_like=True):
    """The quantity of a fee that usage drives: what the rate unit has come to.

    `since` are the quantities of the period that runs, each from its moment on, where a period is
    charged as it has ended. `changes` counts them all, so that each charge has a name of its own.
    """

    rate_unit: str
    quantity: Quantity = 0
    since: tuple[tuple[Instant, Quantity], ...] = ()
    changes: int = 0
    levelled_at: Instant = BEGINNING


class RunningFee(Struct, frozen=True, array_like=True):
    """A fee of a price plan while a service is assigned under it, from `start` until `end`.

    `until` is up to when it is charged. `opened` is the service's version that began it. Without a
    name in `fee`, it waits for the catalog that tells the fees of its plan. With `held` units, it
    is what they cost for each period, and `fee` names their usage type. `driven` is there once
    usage has told the quantity of a fee that it drives. `supplements`: the subscription whose
    supplement it is of.
    """

    service_id: str
    subscription: str
    price_plan: str
    fee: str
    start: Instant
    end: Instant
    until: Instant
    opened: int
    held: Held | None = None
    driven: Driven | None = None
    supplements: str = ""


class Fees(Struct, frozen=True, array_like=True):
    """The fees of an account that something is still to come of, in the order they began."""

    running: tuple[RunningFee, ...] = ()


class Accumulators(Struct, frozen=True, array_like=True):
    """Running totals of an account: (accumulator, period start, period end, total), sorted."""

    totals: tuple[tuple[str, Instant, Instant, Quantity], ...] = ()
