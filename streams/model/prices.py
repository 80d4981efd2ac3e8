"""The kinds of price, as a catalog says them: one value each, compiled by `streams/rate/prices`.

What they have in common: amounts are exact decimals of the plan's currency; `up_to` is inclusive
and None means no end; `reference` names what tiers are measured on, an accumulator's total before
the usage, or `record`: the record's own quantity.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.cost_plus import CostPlus
from streams.model.price import NOTHING, ONE, RECORD, OfOneUnit, Range
from streams.model.sla import Sla
from streams.model.trade_prices import Beat, Ev, LlmTokens, TelecomRate

Beyond = Literal["free", "refuse"]
"""What becomes of quantity past a last tier that ends: it costs nothing, or has no price."""


class Tier(Struct, frozen=True, array_like=True):
    """A step of a graduated price: `up_to` inclusive (None: no end), charged a unit and at once.

    `flat_amount` is charged when the step is entered.
    """

    up_to: Decimal | None
    unit_amount: Decimal
    flat_amount: Decimal = NOTHING


class PerUnit(Struct, frozen=True, tag="per_unit", tag_field="kind", kw_only=True):
    """`amounts` by unit, each for `per` units."""

    amounts: dict[str, Decimal]
    per: Decimal = ONE

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it prices."""
        return tuple(self.amounts)


class Graduated(OfOneUnit, frozen=True, tag="graduated", tag_field="kind", kw_only=True):
    """Each part of the quantity at its own tier's price, each for `per` units."""

    tiers: tuple[Tier, ...]
    reference: str = RECORD
    per: Decimal = ONE
    beyond: Beyond = "free"


class Flat(Struct, frozen=True, tag="flat", tag_field="kind", kw_only=True):
    """One amount a record, whatever was measured: on the first of `units` that the record has."""

    units: tuple[str, ...]
    amount: Decimal


class Package(OfOneUnit, frozen=True, tag="package", tag_field="kind", kw_only=True):
    """`amount` for each package of `size` after `free_units`; `rounding` counts an opened one."""

    size: Decimal
    amount: Decimal
    free_units: Decimal = NOTHING
    rounding: Literal["up", "down", "half_up", "exact"] = "up"
    reference: str = RECORD


class Volume(OfOneUnit, frozen=True, tag="volume", tag_field="kind", kw_only=True):
    """All units at the price of the tier that the total reaches.

    `running`: a record pays the difference that it makes to the period's charge, which is negative
    where a cheaper tier is reached. `prospective`: a record's own units at the tier reached.
    `settle` tells whether the end of the period corrects what was charged meanwhile: by `mode`, or
    at the amount of the tier numbered `provisional`.
    """

    tiers: tuple[Tier, ...]
    reference: str = RECORD
    mode: Literal["running", "prospective"] = "running"
    per: Decimal = ONE
    beyond: Beyond = "refuse"
    settle: Literal["none", "period_end"] = "none"
    provisional: int | None = None


class Stair(Struct, frozen=True, array_like=True):
    """A stair of a stairstep: quantities up to and including `up_to` cost `flat_amount`."""

    up_to: Decimal | None
    flat_amount: Decimal


class Stairstep(OfOneUnit, frozen=True, tag="stairstep", tag_field="kind", kw_only=True):
    """A flat amount by the stair reached: stairs add up (`cumulative`), or `replace` the last."""

    tiers: tuple[Stair, ...]
    mode: Literal["cumulative", "replace"]
    reference: str = RECORD
    beyond: Beyond = "free"


class BlockTier(Struct, frozen=True, array_like=True):
    """Started blocks of `block_size` at `block_amount`, `max_blocks` of them at most."""

    block_size: Decimal
    block_amount: Decimal
    max_blocks: int | None = None


class Blocks(OfOneUnit, frozen=True, tag="blocks", tag_field="kind", kw_only=True):
    """Started blocks: each tier's at its own price, or all at the price of the tier reached.

    Past the last tier's blocks: `charge` goes on in the last tier, `free`, or `refuse`.
    """

    tiers: tuple[BlockTier, ...]
    policy: Literal["all_tiers", "top_tier"]
    reference: str = RECORD
    beyond: Literal["charge", "free", "refuse"] = "charge"


class CapacityTier(Struct, frozen=True, array_like=True):
    """What is paid while no unit exceeds its limit; a unit without limit may be any."""

    limits: dict[str, Decimal]
    amount: Decimal


class Capacity(Struct, frozen=True, tag="capacity", tag_field="kind", kw_only=True):
    """One amount by the first tier that holds all `units`; `references` by unit, else record."""

    units: tuple[str, ...]
    tiers: tuple[CapacityTier, ...]
    references: dict[str, str] = {}


class Percentage(OfOneUnit, frozen=True, tag="percentage", tag_field="kind", kw_only=True):
    """A share of an amount of money, with a fixed part and bounds an event.

    The first `free_events` events are free as long as their sum stays within `free_amount`;
    `events` and `amounts` are the accumulators that count them.
    """

    rate_percent: Decimal
    fixed_amount: Decimal = NOTHING
    min_per_event: Decimal | None = None
    max_per_event: Decimal | None = None
    free_events: int | None = None
    free_amount: Decimal | None = None
    events: str = ""
    amounts: str = ""


class PercentTier(Struct, frozen=True, array_like=True):
    """A step of a graduated percentage; `flat_amount` is charged when it is entered."""

    up_to: Decimal | None
    rate_percent: Decimal
    flat_amount: Decimal = NOTHING


class GraduatedPercentage(
    OfOneUnit, frozen=True, tag="graduated_percentage", tag_field="kind", kw_only=True
):
    """Each part of an amount of money at its own tier's share."""

    tiers: tuple[PercentTier, ...]
    reference: str = RECORD
    beyond: Beyond = "free"


class Dynamic(OfOneUnit, frozen=True, tag="dynamic", tag_field="kind", kw_only=True):
    """What the source says it cost, times `multiplier`.

    `cost` names the attribute that says it; empty, it is the quantity of `unit`.
    """

    multiplier: Decimal = ONE
    cost: str = ""


class MatrixRow(Struct, frozen=True, kw_only=True):
    """Amounts for usage whose attributes are as in `when` and whose numbers lie in `ranges`."""

    when: dict[str, str] = {}
    ranges: dict[str, Range] = {}
    unit_amount: Decimal = NOTHING
    flat_amount: Decimal = NOTHING


class MatrixGroup(Struct, frozen=True, array_like=True):
    """Rows of which the best match counts."""

    group: str
    rows: tuple[MatrixRow, ...]


class Matrix(OfOneUnit, frozen=True, tag="matrix", tag_field="kind", kw_only=True):
    """Amounts by attributes: the best row of each group, and the groups add up."""

    groups: tuple[MatrixGroup, ...]
    per: Decimal = ONE


class ThresholdLevel(Struct, frozen=True, array_like=True):
    """A level that begins at `start`, which belongs to it where `inclusive`."""

    start: Decimal
    inclusive: bool
    amount: Decimal


class ThresholdPrice(OfOneUnit, frozen=True, tag="threshold", tag_field="kind", kw_only=True):
    """The amount of the level reached, once, or for each `per_started` units begun.

    Below the first level nothing is due; past `end` nothing more is added.
    """

    levels: tuple[ThresholdLevel, ...]
    reference: str = RECORD
    per_started: Decimal = NOTHING
    end: Decimal | None = None


SimpleKind = (
    PerUnit
    | Graduated
    | Flat
    | Package
    | Volume
    | Stairstep
    | Blocks
    | Capacity
    | Percentage
    | GraduatedPercentage
    | Dynamic
    | Matrix
    | ThresholdPrice
    | TelecomRate
    | Beat
    | LlmTokens
    | Ev
    | CostPlus
    | Sla
)


class Composite(Struct, frozen=True, tag="composite", tag_field="kind", kw_only=True):
    """Several prices of the same usage: they add up."""

    parts: tuple[SimpleKind, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it prices."""
        return tuple(dict.fromkeys(unit for part in self.parts for unit in part.units))


PriceKind = SimpleKind | Composite
