"""The words of a catalog file: what users write, before it is resolved and checked.

The JSON schema for editors is generated from these types, descriptions included. Every file may
hold any of the sections; the files of a folder together are one catalog.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from connectors.catalog.forms.when import BillingPeriodForm, HolidayCalendarForm, TimeUnitForm
from connectors.catalog.forms.where import ZoneUnitForm
from connectors.catalog.forms.words import Date, Duration, Id, RoundingWord
from streams.model.catalog import LatePolicy, OverrunPolicy
from streams.model.mediation import SourcePlatform


class CurrencyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A currency the tenant trades in; `digits` only where it differs from ISO 4217."""

    code: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
    rounding: RoundingWord = "half_even"
    digits: Annotated[int, Meta(ge=0, le=12)] | None = None


class UsageTypeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be priced: the units it is measured in and the attributes prices may ask for."""

    id: Id
    units: tuple[Id, ...]
    attributes: tuple[str, ...] = ()


class AllowanceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant that usage burns before it costs; `zones` and `bands` narrow what draws on it."""

    id: Id
    unit: Id
    usage_units: tuple[Id, ...]
    zones: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    priority: int = 0


class AccumulatorForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A running total of quantity by calendar month; without `usage_units` it sums all units."""

    id: Id
    usage_units: tuple[Id, ...] = ()
    period: Literal["month"] = "month"


class TierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step: units up to and including `up_to`; the last has none (or null) and never ends."""

    unit_amount: Decimal
    up_to: Decimal | None = None
    flat_amount: Decimal = Decimal(0)


class PerUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each unit costs the same: amounts by unit, each for `per` units."""

    amounts: dict[str, Decimal]
    per: Decimal = Decimal(1)


class GraduatedForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each part of the quantity costs what its tier says.

    `reference` is an accumulator whose total counts up the tiers, or `record`: the quantity of the
    record alone.
    """

    unit: str
    tiers: tuple[TierForm, ...]
    reference: str = "record"
    per: Decimal = Decimal(1)


class PriceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One price, of exactly one kind, for usage whose attributes are as in `when`."""

    when: dict[str, str] = {}
    per_unit: PerUnitForm | None = None
    graduated: GraduatedForm | None = None


class MeasureForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a unit is counted: at least `minimum`, then in full `increment`s."""

    minimum: Decimal = Decimal(0)
    increment: Decimal = Decimal(0)


class OfferForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a plan prices one usage type, from a date on. Never changed: a new price is a new offer.

    `impacts` are the allowances its usage burns and the accumulators it moves.
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
    prices: tuple[PriceForm, ...]


class GrantForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quantity of an allowance for each calendar month; what is left over expires."""

    allowance: str
    quantity: Decimal
    every: Literal["month"] = "month"


class PricePlanForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a service id is sold under. `overrun` says who bears what no wallet or limit covers."""

    id: Id
    currency: str
    overrun: OverrunPolicy = "receivable"
    grants: tuple[GrantForm, ...] = ()
    offers: tuple[OfferForm, ...]


class ThresholdForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning: `level` of a wallet's `balance`, or `percent` of a credit limit or a grant."""

    id: Id
    on: Literal["balance", "credit_use", "allowance"] = field(name="watch")
    resource: str
    level: Decimal | None = None
    percent: Decimal | None = None


class CatalogFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a catalog folder. `tenant` stands in exactly one of the files."""

    tenant: Id | None = None
    grace: Duration | None = None
    late: LatePolicy | None = None
    currencies: tuple[CurrencyForm, ...] = ()
    usage_types: tuple[UsageTypeForm, ...] = ()
    allowances: tuple[AllowanceForm, ...] = ()
    accumulators: tuple[AccumulatorForm, ...] = ()
    zone_units: tuple[ZoneUnitForm, ...] = ()
    holiday_calendars: tuple[HolidayCalendarForm, ...] = ()
    time_units: tuple[TimeUnitForm, ...] = ()
    billing_periods: tuple[BillingPeriodForm, ...] = ()
    price_plans: tuple[PricePlanForm, ...] = ()
    thresholds: tuple[ThresholdForm, ...] = ()
    source_platforms: tuple[SourcePlatform, ...] = ()
