"""What a tenant sells and how it is priced: the catalog as one immutable value.

A catalog is loaded from a folder of YAML (`connectors/catalog`), checked as a whole, named by its
content (`version_of`) and never changed: a new price is a new dated offer in a new version. Names
of currencies, holidays or zones are resolved while loading, so nothing here needs a look-up.
"""

from decimal import Decimal
from hashlib import sha256
from typing import Literal

import msgspec
from msgspec import Struct

from streams.model.accumulator import Accumulator as Accumulator
from streams.model.allowance import Allowance as Allowance
from streams.model.attribute import ACCOUNT as ACCOUNT
from streams.model.attribute import Attribute, Segment
from streams.model.billing_period import BillingPeriod
from streams.model.budget import Budget
from streams.model.commission import CommissionPlan
from streams.model.commitment import Commitment
from streams.model.discount import Discount
from streams.model.entitlement import Entitlement
from streams.model.evaluation import Evaluation
from streams.model.exchange import ExchangeRate
from streams.model.fee import Fee, ProrateBy
from streams.model.grant import GrantEnds, GrantOpens, RollOver
from streams.model.holding import HeldBy, Holding
from streams.model.instant import FOREVER, HOUR, Instant
from streams.model.loyalty import Conversion, LoyaltyRule
from streams.model.maximum_spend import MaximumSpend
from streams.model.measure import Measure as Measure
from streams.model.mediation import SourcePlatform
from streams.model.money import Currency
from streams.model.multi_rate import MultiRate
from streams.model.partner import Partner, RevenueShare
from streams.model.price import RECORD as RECORD
from streams.model.prices import Graduated as Graduated
from streams.model.prices import PerUnit as PerUnit
from streams.model.prices import PriceKind as PriceKind
from streams.model.prices import Tier as Tier
from streams.model.rate_unit import RateUnit, RateUnitMap
from streams.model.rate_unit import ServiceType as ServiceType
from streams.model.rating_group import RatingGroup, SubscriberRule
from streams.model.rounding import Rounding, RoundingScope
from streams.model.session import OutcomeRule
from streams.model.session_policy import SessionPolicy
from streams.model.shared_cap import SharedCap as SharedCap
from streams.model.tax import Tax
from streams.model.threshold import Threshold as Threshold
from streams.model.time_unit import TimeUnit
from streams.model.use_policy import UsePolicy
from streams.model.zone_unit import ZoneUnit

OverrunPolicy = Literal["receivable", "write_off", "suspend"]
"""Where the part of a charge goes that neither wallet nor credit limit covers."""

LatePolicy = Literal["open_period"]
"""What becomes of usage whose period is closed: it counts in the period that is open."""

ZONE = "zone"
BAND = "band"
"""Words of `when` that name what the offer's zone unit and time unit found."""


class CurrencyRule(Struct, frozen=True, kw_only=True):
    """A currency the tenant trades in: minor-unit digits, and how what is charged is rounded.

    Adjustments of more than `approval_limit` need somebody's approval; None: none does. What usage
    owes is the account's, or each subscription's own (`per`).
    """

    code: Currency
    digits: int
    rounding: str
    over: RoundingScope = "record"
    every: BillingPeriod | None = None
    approval_limit: Decimal | None = None
    per: Literal["account", "subscription"] = "account"


AtChange = Literal["start", "suspend", "split"]
"""A record within which something changes is charged by its start, waits, or is cut there."""


class UsageType(Struct, frozen=True, kw_only=True):
    """What can be priced: the units a record of this type may carry and its pricing attributes.

    Where its `service_type` has rate units, they say how much a record of this type is. `held`:
    its units stay with the service, and a record says what it adds or how many there are now.
    `at_change` says what becomes of a record within which its assignment or a status changes.
    `sessions` are terms of what is granted before service.
    """

    id: str
    units: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    service_type: str = ""
    held: HeldBy = ""
    at_change: AtChange = "start"
    sessions: SessionPolicy | None = None


class Price(Struct, frozen=True, kw_only=True):
    """A price and the attributes it asks for: of several that match the one with most words wins.

    `when` maps usage attributes, those of the account, or `zone` and `band`, to the value they must
    have. `tax_class` tells its lines apart for taxes. `impacts` take the place of the offer's;
    `tier_impacts` are moved besides, by what is charged in the tier or slot of that number.
    """

    price: PriceKind
    when: dict[str, str] = {}
    tax_class: str = ""
    impacts: tuple[str, ...] | None = None
    tier_impacts: dict[str, tuple[str, ...]] = {}


class PriceOffer(Struct, frozen=True, kw_only=True):
    """How a plan prices one usage type from `start` until `end` (or until the next offer of it).

    `impacts` name the allowances that its usage burns and the accumulators that it moves, each by
    quantity. `product` is what revenue is reported by. `zero_usage` says what becomes of records
    that measured nothing: they are ignored, or charged what is due without usage. `costs` price
    what the usage costs the tenant, in `cost_currency` (empty: the plan's). `holding` says how
    units that stay are charged for their time. `rounding` is its own, as are terms of `sessions`.
    """

    id: str
    usage_type: str
    product: str
    start: Instant
    prices: tuple[Price, ...]
    end: Instant = FOREVER
    zone_unit: str = ""
    time_unit: str = ""
    measures: tuple[Measure, ...] = ()
    impacts: tuple[str, ...] = ()
    zero_usage: Literal["ignore", "charge"] = "ignore"
    costs: tuple[Price, ...] = ()
    cost_currency: Currency = ""
    holding: Holding | None = None
    rounding: Rounding | None = None
    sessions: SessionPolicy | None = None


class Grant(Struct, frozen=True, kw_only=True):
    """`quantity` of an allowance for each calendar month of the account, or by `every`.

    Unused, it expires, but what may `roll_over`. `opens` says whether a period's bucket opens with
    its first usage or as the period begins, used or not. `prorate`: of a period that the service is
    assigned for a part of, the share is granted, by days or exactly. `ends`: the bucket ends with
    its period, or with the assignment of the service.
    """

    allowance: str
    quantity: Decimal
    every: BillingPeriod | None = None
    opens: GrantOpens = "first_use"
    ends: GrantEnds = "period"
    prorate: ProrateBy | None = None
    roll_over: RollOver | None = None


class PricePlan(Struct, frozen=True, kw_only=True):
    """What a service id is sold under: one currency, offers by usage type, grants, fees.

    `best_of` names, by usage type, own offers or other plans: the cheapest in force is charged, for
    each record, or `best_over` the month, or period `best_every`, at its end.
    `rounding` takes the place of the currency's. No period's usage costs more than `maximum_spend`;
    `commitments` are what it costs at least. `entitlements` say what else comes with it. `shares`
    are allowances and totals that stand by subscription and that all subscriptions of an account
    under plans which share them have together.
    """

    id: str
    currency: Currency
    offers: tuple[PriceOffer, ...]
    grants: tuple[Grant, ...] = ()
    fees: tuple[Fee, ...] = ()
    overrun: OverrunPolicy = "receivable"
    best_of: dict[str, tuple[str, ...]] = {}
    best_over: Literal["record", "period"] = "record"
    best_every: BillingPeriod | None = None
    rounding: Rounding | None = None
    maximum_spend: MaximumSpend | None = None
    commitments: tuple[Commitment, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    sessions: SessionPolicy | None = None
    shares: tuple[str, ...] = ()


class Catalog(Struct, frozen=True, kw_only=True):
    """One version of a tenant's catalog. `grace` is how long a period stays open past its end.

    `is_test`: nothing of the tenant is real, so its time may be advanced.
    """

    tenant: str
    currencies: tuple[CurrencyRule, ...]
    usage_types: tuple[UsageType, ...]
    price_plans: tuple[PricePlan, ...]
    allowances: tuple[Allowance, ...] = ()
    accumulators: tuple[Accumulator, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    zone_units: tuple[ZoneUnit, ...] = ()
    time_units: tuple[TimeUnit, ...] = ()
    billing_periods: tuple[BillingPeriod, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    partners: tuple[Partner, ...] = ()
    revenue_shares: tuple[RevenueShare, ...] = ()
    loyalty_rules: tuple[LoyaltyRule, ...] = ()
    exchange_rates: tuple[ExchangeRate, ...] = ()
    source_platforms: tuple[SourcePlatform, ...] = ()
    service_types: tuple[ServiceType, ...] = ()
    rate_units: tuple[RateUnit, ...] = ()
    rate_unit_maps: tuple[RateUnitMap, ...] = ()
    outcomes: tuple[OutcomeRule, ...] = ()
    multi_rates: tuple[MultiRate, ...] = ()
    commission_plans: tuple[CommissionPlan, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    grace: Instant = HOUR
    late: LatePolicy = "open_period"
    is_test: bool = False
    attributes: tuple[Attribute, ...] = ()
    segments: tuple[Segment, ...] = ()
    rating_groups: tuple[RatingGroup, ...] = ()
    subscribers: tuple[SubscriberRule, ...] = ()
    shared_caps: tuple[SharedCap, ...] = ()
    policies: tuple[UsePolicy, ...] = ()
    budgets: tuple[Budget, ...] = ()


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Catalog).decode


def pack_catalog(catalog: Catalog) -> bytes:
    """The catalog's canonical bytes: equal catalogs have equal bytes."""
    return _encode(catalog)


def unpack_catalog(packed: bytes) -> Catalog:
    """The catalog of `pack_catalog`'s bytes; `msgspec.MsgspecError` where they are none."""
    return _decode(packed)


def version_of(catalog: Catalog) -> str:
    """The catalog's name by its content: 16 hexadecimal digits of the SHA-256 of its bytes."""
    return sha256(pack_catalog(catalog)).hexdigest()[:16]
