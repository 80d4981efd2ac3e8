"""The words of prices: one form a kind."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from connectors.catalog.forms.trade_prices import (
    BeatForm,
    EvForm,
    LlmTokensForm,
    RangeForm,
    TelecomRateForm,
)

BeyondWord = Literal["free", "refuse"]


class TierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step: units up to and including `up_to`; without it (or null) the step never ends."""

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
    beyond: BeyondWord = "free"


class FlatForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One amount a record, on the first of `units` that it has."""

    units: tuple[str, ...]
    amount: Decimal


class PackageForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount for each package of `size` units that is begun, after `free_units`."""

    unit: str
    size: Decimal
    amount: Decimal
    free_units: Decimal = Decimal(0)
    rounding: Literal["up", "down", "half_up", "exact"] = "up"
    reference: str = "record"


class VolumeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All units cost what the tier says that the total reaches."""

    unit: str
    tiers: tuple[TierForm, ...]
    reference: str = "record"
    mode: Literal["running", "prospective"] = "running"
    per: Decimal = Decimal(1)
    beyond: BeyondWord = "refuse"
    settle: Literal["none", "period_end"] = "none"
    provisional: int | None = None


class StairForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stair: quantities up to and including `up_to`; without it the stair never ends."""

    flat_amount: Decimal
    up_to: Decimal | None = None


class StairstepForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flat amount by the stair that the total reaches."""

    unit: str
    tiers: tuple[StairForm, ...]
    mode: Literal["cumulative", "replace"]
    reference: str = "record"
    beyond: BeyondWord = "free"


class BlockTierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Started blocks of `block_size` units, `max_blocks` of them; the last tier may have no end."""

    block_size: Decimal
    block_amount: Decimal
    max_blocks: int | None = None


class BlocksForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Started blocks: each tier's at its own price, or all at that of the tier reached."""

    unit: str
    tiers: tuple[BlockTierForm, ...]
    policy: Literal["all_tiers", "top_tier", "ALL_TIERS", "TOP_TIER"]
    reference: str = "record"
    beyond: Literal["charge", "free", "refuse"] = "charge"


class CapacityTierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is paid while no unit exceeds its limit; a unit without one may be any."""

    amount: Decimal
    limits: dict[str, Decimal] = {}


class CapacityForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One amount for several units together, by the first tier that holds all of them."""

    units: tuple[str, ...]
    tiers: tuple[CapacityTierForm, ...]
    references: dict[str, str] = {}


class PercentageForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share of an amount of money, with a fixed part, bounds an event, and free events."""

    unit: str
    rate_percent: Decimal
    fixed_amount: Decimal = Decimal(0)
    min_per_event: Decimal | None = None
    max_per_event: Decimal | None = None
    free_events: int | None = None
    free_amount: Decimal | None = None
    events: str = ""
    amounts: str = ""


class PercentTierForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of an amount of money, up to and including `up_to`."""

    rate_percent: Decimal
    up_to: Decimal | None = None
    flat_amount: Decimal = Decimal(0)


class GraduatedPercentageForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each part of an amount of money at its own tier's share."""

    unit: str
    tiers: tuple[PercentTierForm, ...]
    reference: str = "record"
    beyond: BeyondWord = "free"


class DynamicForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the source says it cost, times `multiplier`: the quantity, or the attribute `cost`."""

    unit: str
    multiplier: Decimal = Decimal(1)
    cost: str = ""


class EventAmountForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the source says it costs, in the attribute `amount`."""

    unit: str
    amount: str


class MatrixRowForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts for usage with these attribute values and numbers in these ranges."""

    when: dict[str, str] = {}
    ranges: dict[str, RangeForm] = {}
    unit_amount: Decimal = Decimal(0)
    flat_amount: Decimal = Decimal(0)


class MatrixGroupForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of which the best match counts."""

    group: str
    rows: tuple[MatrixRowForm, ...]


class MatrixForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts by attributes: the best row of each group, and the groups add up."""

    unit: str
    groups: tuple[MatrixGroupForm, ...]
    per: Decimal = Decimal(1)


class ByAttributeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts by attributes: the best row."""

    unit: str
    rows: tuple[MatrixRowForm, ...]
    per: Decimal = Decimal(1)


class LevelForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level by one of: its beginning `from`, what it begins `above`, or its end `up_to`."""

    amount: Decimal
    start: Decimal | None = field(default=None, name="from")
    above: Decimal | None = None
    up_to: Decimal | None = None


class ThresholdPriceForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The amount of the level reached, once, or for each `per_started` units begun."""

    unit: str
    levels: tuple[LevelForm, ...]
    reference: str = "record"
    per_started: Decimal | None = None


class MarkupForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`percent` on top for usage and accounts whose words are as in `when`."""

    percent: Decimal
    when: dict[str, str] = {}


class SlaBandForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Levels from `from` (inclusive) to `below` (exclusive) give back `percent`."""

    below: Decimal
    percent: Decimal
    start: Decimal = field(default=Decimal(0), name="from")


class SlaForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level below `target` gives back a percent of `fee`, or of the accumulator `charges`."""

    unit: str
    target: Decimal
    bands: tuple[SlaBandForm, ...]
    fee: Decimal | None = None
    charges: str = ""


class CostPlusForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `units` cost by the offer's `costs`, and a markup on it."""

    units: tuple[str, ...]
    markup_percent: Decimal = Decimal(0)
    markup: tuple[MarkupForm, ...] = ()


class SimpleKindsForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price of exactly one of these kinds."""

    per_unit: PerUnitForm | None = None
    standard: PerUnitForm | None = None
    flat: FlatForm | None = None
    package: PackageForm | None = None
    graduated: GraduatedForm | None = None
    slab: GraduatedForm | None = field(default=None, name="SLAB")
    volume: VolumeForm | None = None
    stairstep: StairstepForm | None = None
    blocks: BlocksForm | None = None
    capacity: CapacityForm | None = None
    percentage: PercentageForm | None = None
    graduated_percentage: GraduatedPercentageForm | None = None
    dynamic: DynamicForm | None = None
    dynamic_event_amount: EventAmountForm | None = None
    matrix: MatrixForm | None = None
    by_attribute: ByAttributeForm | None = None
    threshold: ThresholdPriceForm | None = None
    telecom_rate: TelecomRateForm | None = None
    beat: BeatForm | None = None
    llm_tokens: LlmTokensForm | None = None
    ev: EvForm | None = None
    cost_plus: CostPlusForm | None = None
    sla: SlaForm | None = None


class CompositeForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several prices of the same usage, which add up."""

    parts: tuple[SimpleKindsForm, ...]


class PriceForm(SimpleKindsForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One price, of exactly one kind, for usage whose attributes are as in `when`.

    `impacts`: what usage at this price moves and burns, in place of the offer's; `tier_impacts`: by
    the number of a tier or slot, what is moved besides by what falls into it.
    """

    when: dict[str, str] = {}
    tax_class: str = ""
    impacts: tuple[str, ...] | None = None
    tier_impacts: dict[str, tuple[str, ...]] = {}
    composite: CompositeForm | None = None
