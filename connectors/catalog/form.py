"""The words of a catalog file: what users write, before it is resolved and checked.

The JSON schema for editors is generated from these types, descriptions included. Every file may
hold any of the sections; the files of a folder together are one catalog.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from streams.model.catalog import LatePolicy, OverrunPolicy
from streams.model.mediation import SourcePlatform

Id = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="A name: letters, digits, `_`, `.` and `-`",
    ),
]
Date = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$",
        description="A day (its beginning in UTC) or an instant with its offset",
        examples=["2026-01-01", "2026-01-01T00:00:00+01:00"],
    ),
]
Hour = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", description="Local time", examples=["08:00"]
    ),
]
Days = Annotated[
    str,
    Meta(
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$",
        description="A weekday, or a span of them",
        examples=["mon-fri", "sun"],
    ),
]
Duration = Annotated[
    str, Meta(pattern=r"^\d+(s|m|h|d)$", description="A duration", examples=["1h", "2d"])
]
RoundingWord = Literal["half_up", "half_even", "half_down", "up", "down", "ceiling", "floor"]


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


class ZoneUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where: prefix of an attribute's value to zone; `*` is every other value."""

    id: Id
    attribute: str
    rows: dict[str, Id]


class BandForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the week; a window that ends at or before its start runs into the next day."""

    band: Id
    days: tuple[Days, ...] = ("mon-sun",)
    start: Hour = field(default="00:00", name="from")
    end: Hour = field(default="24:00", name="to")


class TimeUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When: bands tried in their order, in the account's time zone; `default` is the rest."""

    id: Id
    bands: tuple[BandForm, ...]
    default: Id


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
    time_units: tuple[TimeUnitForm, ...] = ()
    price_plans: tuple[PricePlanForm, ...] = ()
    thresholds: tuple[ThresholdForm, ...] = ()
    source_platforms: tuple[SourcePlatform, ...] = ()
