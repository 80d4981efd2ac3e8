"""The words of a catalog file: what users write, before it is resolved and checked.

The JSON schema for editors is generated from these types, descriptions included. Every file may
hold any of the sections; the files of a folder together are one catalog.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from connectors.catalog.forms.accumulators import AccumulatorForm as AccumulatorForm
from connectors.catalog.forms.allowances import AllowanceForm as AllowanceForm
from connectors.catalog.forms.attributes import AttributeForm, SegmentForm
from connectors.catalog.forms.budgets import CatalogBudgetForm
from connectors.catalog.forms.discounts import DiscountForm
from connectors.catalog.forms.entitlements import EntitlementForm
from connectors.catalog.forms.evaluations import EvaluationForm
from connectors.catalog.forms.fees import FeeForm
from connectors.catalog.forms.grants import GrantForm
from connectors.catalog.forms.loyalty import ConversionForm, LoyaltyRuleForm
from connectors.catalog.forms.multi_rate import MultiRateForm
from connectors.catalog.forms.outcomes import OutcomeForm
from connectors.catalog.forms.partners import (
    CommissionPlanForm,
    ExchangeRateForm,
    PartnerForm,
    RevenueShareForm,
)
from connectors.catalog.forms.policies import PolicyForm
from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.forms.quantity import MeasureForm
from connectors.catalog.forms.rate_units import RateUnitForm, RateUnitMapForm, ServiceTypeForm
from connectors.catalog.forms.rating_groups import RatingGroupForm, SubscriberForm
from connectors.catalog.forms.sessions import SessionsForm
from connectors.catalog.forms.shared_caps import SharedCapForm
from connectors.catalog.forms.spend import CommitmentForm, MaximumSpendForm
from connectors.catalog.forms.taxes import TaxForm
from connectors.catalog.forms.thresholds import ThresholdForm
from connectors.catalog.forms.when import (
    MONTH,
    BillingPeriodForm,
    HolidayCalendarForm,
    TimeUnitForm,
)
from connectors.catalog.forms.where import ZoneUnitForm
from connectors.catalog.forms.words import Date, Duration, Id, RoundingForm, RoundingWord
from streams.model.catalog import AtChange, LatePolicy, OverrunPolicy
from streams.model.fee import ProrateBy
from streams.model.mediation import SourcePlatform


class CurrencyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A currency the tenant trades in; `digits` only where it differs from ISO 4217.

    An adjustment of more than `approval_limit` needs somebody who approved it. What usage owes is
    the account's, or each subscription's own (`per`).
    """

    code: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
    rounding: RoundingWord | RoundingForm = "half_even"
    digits: Annotated[int, Meta(ge=0, le=12)] | None = None
    approval_limit: Decimal | None = None
    per: Literal["account", "subscription"] = "account"


class UsageTypeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be priced: the units it is measured in and the attributes prices may ask for.

    Where its `service_type` has rate units, they say how much it is. `held`: its units stay with
    the service until they are taken away, and usage tells each `change` (negative: taken away), or
    the `level` that holds from now on. A record within which its assignment or a status changes
    counts by its `start`, waits (`suspend`), or is cut by its time (`split`).
    """

    id: Id
    units: tuple[Id, ...]
    attributes: tuple[str, ...] = ()
    service_type: str = ""
    held: Literal["change", "level"] | None = None
    at_change: AtChange = "start"
    sessions: SessionsForm | None = None


class OfferForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a plan prices one usage type, from a date on. Never changed: a new price is a new offer.

    `impacts` are the allowances its usage burns and the accumulators it moves. `zero_usage` says
    whether records that measured nothing are ignored or charged. `costs` price what the usage costs
    the tenant. `prorate`: the price of held units is that of a whole period, `every` month if not
    said, of which each unit pays its share, by the day or exactly. `rounding` takes the place of
    the price plan's.
    """

    id: Id
    usage_type: str
    start: Date = field(name="from")
    end: Date | None = field(default=None, name="until")
    product: str = ""
    zone_unit: str = ""
    time_unit: str = ""
    measures: dict[str, MeasureForm] = {}
    impacts: tuple[str, ...] = ()
    zero_usage: Literal["ignore", "charge"] = "ignore"
    prices: tuple[PriceForm, ...]
    costs: tuple[PriceForm, ...] = ()
    cost_currency: str = ""
    prorate: ProrateBy | None = None
    every: str = ""
    rounding: RoundingWord | RoundingForm | None = None
    sessions: SessionsForm | None = None


class PricePlanForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a service id is sold under. `overrun` says who bears what no wallet or limit covers.

    `best_of`: usage type → own offers or other price plans, of which the cheapest is charged:
    `best_over` each record, or the month, or the period `best_every`, at its end.
    `rounding` takes the place of the currency's; `maximum_spend` bounds what usage costs,
    `commitments` what an account pays at least. `entitlements` are features that come with it.
    `shares`: what stands by subscription, and subscriptions under such plans have together.
    """

    id: Id
    currency: str
    overrun: OverrunPolicy = "receivable"
    grants: tuple[GrantForm, ...] = ()
    best_of: dict[str, tuple[str, ...]] = {}
    best_over: Literal["record", "period"] = "record"
    best_every: str = MONTH
    rounding: RoundingWord | RoundingForm | None = None
    maximum_spend: MaximumSpendForm | None = None
    commitments: tuple[CommitmentForm, ...] = ()
    entitlements: tuple[EntitlementForm, ...] = ()
    fees: tuple[FeeForm, ...] = ()
    offers: tuple[OfferForm, ...] = ()
    sessions: SessionsForm | None = None
    shares: tuple[str, ...] = ()


class CatalogFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a catalog folder. `tenant` stands in exactly one of the files."""

    tenant: Id | None = None
    grace: Duration | None = None
    late: LatePolicy | None = None
    is_test: bool | None = field(default=None, name="test")
    currencies: tuple[CurrencyForm, ...] = ()
    service_types: tuple[ServiceTypeForm, ...] = ()
    usage_types: tuple[UsageTypeForm, ...] = ()
    rate_units: tuple[RateUnitForm, ...] = ()
    rate_unit_maps: tuple[RateUnitMapForm, ...] = ()
    multi_rates: tuple[MultiRateForm, ...] = ()
    allowances: tuple[AllowanceForm, ...] = ()
    accumulators: tuple[AccumulatorForm, ...] = ()
    evaluations: tuple[EvaluationForm, ...] = ()
    zone_units: tuple[ZoneUnitForm, ...] = ()
    holiday_calendars: tuple[HolidayCalendarForm, ...] = ()
    time_units: tuple[TimeUnitForm, ...] = ()
    billing_periods: tuple[BillingPeriodForm, ...] = ()
    price_plans: tuple[PricePlanForm, ...] = ()
    thresholds: tuple[ThresholdForm, ...] = ()
    shared_caps: tuple[SharedCapForm, ...] = ()
    policies: tuple[PolicyForm, ...] = ()
    budgets: tuple[CatalogBudgetForm, ...] = ()
    discounts: tuple[DiscountForm, ...] = ()
    taxes: tuple[TaxForm, ...] = ()
    partners: tuple[PartnerForm, ...] = ()
    revenue_shares: tuple[RevenueShareForm, ...] = ()
    commission_plans: tuple[CommissionPlanForm, ...] = ()
    loyalty_rules: tuple[LoyaltyRuleForm, ...] = ()
    conversions: tuple[ConversionForm, ...] = ()
    exchange_rates: tuple[ExchangeRateForm, ...] = ()
    source_platforms: tuple[SourcePlatform, ...] = ()
    outcomes: tuple[OutcomeForm, ...] = ()
    attributes: tuple[AttributeForm, ...] = ()
    segments: tuple[SegmentForm, ...] = ()
    rating_groups: tuple[RatingGroupForm, ...] = ()
    subscribers: tuple[SubscriberForm, ...] = ()
