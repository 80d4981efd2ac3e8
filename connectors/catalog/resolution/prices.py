"""Prices from their words: aliases become the kinds they name."""

from collections.abc import Callable
from typing import Any, Final, cast

from connectors.catalog.forms.prices import (
    BlocksForm,
    ByAttributeForm,
    CapacityForm,
    CostPlusForm,
    EventAmountForm,
    FlatForm,
    GraduatedForm,
    GraduatedPercentageForm,
    MatrixForm,
    MatrixRowForm,
    PerUnitForm,
    PriceForm,
    SimpleKindsForm,
    SlaForm,
    StairstepForm,
    ThresholdPriceForm,
    TierForm,
    VolumeForm,
)
from connectors.catalog.resolution.trade_prices import RESOLVE_TRADE, bounds
from streams.model import prices as model
from streams.model.cost_plus import CostPlus, Markup
from streams.model.price import NOTHING
from streams.model.prices import PriceKind, SimpleKind
from streams.model.sla import Sla, SlaBand

KINDS: Final = SimpleKindsForm.__struct_fields__
"""The fields of a price that say its kind, but for `composite`."""


def given_kinds(price: SimpleKindsForm) -> dict[str, Any]:
    """The kinds that a price gives, by field: exactly one where it is right."""
    words = (*KINDS, "composite") if isinstance(price, PriceForm) else KINDS
    found = {word: getattr(price, word) for word in words}
    return {word: kind for word, kind in found.items() if kind is not None}


def price_kind(price: PriceForm) -> PriceKind:
    """The kind of a price that has been checked."""
    if price.composite is not None:
        return model.Composite(parts=tuple(simple_kind(part) for part in price.composite.parts))
    return simple_kind(price)


def simple_kind(price: SimpleKindsForm) -> SimpleKind:
    """The kind of a price without parts that has been checked."""
    ((word, form),) = given_kinds(price).items()
    return _RESOLVE[word](form)


def _per_unit(form: PerUnitForm) -> SimpleKind:
    return model.PerUnit(amounts=form.amounts, per=form.per)


def _tiers(tiers: tuple[TierForm, ...]) -> tuple[model.Tier, ...]:
    return tuple(model.Tier(tier.up_to, tier.unit_amount, tier.flat_amount) for tier in tiers)


def _graduated(form: GraduatedForm) -> SimpleKind:
    return model.Graduated(
        unit=form.unit,
        tiers=_tiers(form.tiers),
        reference=form.reference,
        per=form.per,
        beyond=form.beyond,
    )


def _flat(form: FlatForm) -> SimpleKind:
    return model.Flat(units=form.units, amount=form.amount)


def _volume(form: VolumeForm) -> SimpleKind:
    return model.Volume(
        unit=form.unit,
        tiers=_tiers(form.tiers),
        reference=form.reference,
        mode=form.mode,
        per=form.per,
        beyond=form.beyond,
        settle=form.settle,
        provisional=form.provisional,
    )


def _stairstep(form: StairstepForm) -> SimpleKind:
    return model.Stairstep(
        unit=form.unit,
        tiers=tuple(model.Stair(tier.up_to, tier.flat_amount) for tier in form.tiers),
        mode=form.mode,
        reference=form.reference,
        beyond=form.beyond,
    )


def _blocks(form: BlocksForm) -> SimpleKind:
    return model.Blocks(
        unit=form.unit,
        tiers=tuple(
            model.BlockTier(tier.block_size, tier.block_amount, tier.max_blocks)
            for tier in form.tiers
        ),
        policy="all_tiers" if form.policy.lower() == "all_tiers" else "top_tier",
        reference=form.reference,
        beyond=form.beyond,
    )


def _capacity(form: CapacityForm) -> SimpleKind:
    return model.Capacity(
        units=form.units,
        tiers=tuple(model.CapacityTier(tier.limits, tier.amount) for tier in form.tiers),
        references=form.references,
    )


def _graduated_percentage(form: GraduatedPercentageForm) -> SimpleKind:
    return model.GraduatedPercentage(
        unit=form.unit,
        tiers=tuple(
            model.PercentTier(tier.up_to, tier.rate_percent, tier.flat_amount)
            for tier in form.tiers
        ),
        reference=form.reference,
        beyond=form.beyond,
    )


def _event_amount(form: EventAmountForm) -> SimpleKind:
    return model.Dynamic(unit=form.unit, cost=form.amount)


def _matrix(form: MatrixForm) -> SimpleKind:
    groups = tuple(model.MatrixGroup(each.group, _rows(each.rows)) for each in form.groups)
    return model.Matrix(unit=form.unit, groups=groups, per=form.per)


def _by_attribute(form: ByAttributeForm) -> SimpleKind:
    groups = (model.MatrixGroup("", _rows(form.rows)),)
    return model.Matrix(unit=form.unit, groups=groups, per=form.per)


def _rows(rows: tuple[MatrixRowForm, ...]) -> tuple[model.MatrixRow, ...]:
    return tuple(
        model.MatrixRow(
            when=row.when,
            ranges={word: bounds(each) for word, each in row.ranges.items()},
            unit_amount=row.unit_amount,
            flat_amount=row.flat_amount,
        )
        for row in rows
    )


def _threshold(form: ThresholdPriceForm) -> SimpleKind:
    """Levels by their ends become levels that begin after the end of the one before, or at 0."""
    levels: list[model.ThresholdLevel] = []
    after = NOTHING
    end = None
    for level in form.levels:
        if level.start is not None:
            levels.append(model.ThresholdLevel(level.start, True, level.amount))
        elif level.above is not None:
            levels.append(model.ThresholdLevel(level.above, False, level.amount))
        else:
            levels.append(model.ThresholdLevel(after, not levels, level.amount))
            end = level.up_to
            after = level.up_to or after
    return model.ThresholdPrice(
        unit=form.unit,
        levels=tuple(levels),
        reference=form.reference,
        per_started=form.per_started or NOTHING,
        end=end,
    )


def _alike(kind: type) -> Callable[[Any], SimpleKind]:
    """For kinds whose words are those of the model."""

    def resolve(form: Any) -> SimpleKind:
        words = {word: getattr(form, word) for word in form.__struct_fields__}
        return cast(SimpleKind, kind(**words))

    return resolve


def _sla(form: SlaForm) -> SimpleKind:
    return Sla(
        unit=form.unit,
        target=form.target,
        bands=tuple(SlaBand(band.start, band.below, band.percent) for band in form.bands),
        fee=form.fee,
        charges=form.charges,
    )


def _cost_plus(form: CostPlusForm) -> SimpleKind:
    return CostPlus(
        units=form.units,
        markup_percent=form.markup_percent,
        markup=tuple(Markup(each.when, each.percent) for each in form.markup),
    )


_RESOLVE: Final[dict[str, Callable[[Any], SimpleKind]]] = {
    "per_unit": _per_unit,
    "standard": _per_unit,
    "flat": _flat,
    "package": _alike(model.Package),
    "graduated": _graduated,
    "slab": _graduated,
    "volume": _volume,
    "stairstep": _stairstep,
    "blocks": _blocks,
    "capacity": _capacity,
    "percentage": _alike(model.Percentage),
    "graduated_percentage": _graduated_percentage,
    "dynamic": _alike(model.Dynamic),
    "dynamic_event_amount": _event_amount,
    "matrix": _matrix,
    "by_attribute": _by_attribute,
    "threshold": _threshold,
    "cost_plus": _cost_plus,
    "sla": _sla,
    **RESOLVE_TRADE,
}
