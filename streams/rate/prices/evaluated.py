"""Prices by tiers that an evaluation chooses: one tier for all of a record.

What earlier periods say picks the tier before the record is priced, so nothing that the record uses
moves it on. A record pays the tier's amount for all its units, and the tier's `flat_amount` once.
Past a last tier that ends it costs nothing (`beyond: free`) or has no price (`refuse`).
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.money import CONTEXT, Quantity, quantize_line, trimmed
from streams.model.price import NOTHING, ONE
from streams.model.prices import (
    Graduated,
    GraduatedPercentage,
    PercentTier,
    Stair,
    Stairstep,
    Tier,
    Volume,
)
from streams.rate.bounds import HUNDRED
from streams.rate.prices.graduated import BEYOND
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.price import Asking, Binder, Label, Lines
from streams.rate.quantity import exact

Evaluable = Graduated | Volume | GraduatedPercentage | Stairstep
"""The kinds whose tiers may go by an evaluation."""


class _Tier(NamedTuple):
    name: str
    up_to: Quantity | None
    amount: Decimal
    flat: Decimal


class TierPrice(PerUnitPrice):
    """The price of the tier that was chosen; `flat` is due once a record."""

    __slots__ = ("opening",)

    def __init__(  # noqa: PLR0913 - a price by its words
        self,
        unit: str,
        label: Label,
        *,
        kind: str,
        amount: Decimal,
        per: Decimal,
        flat: Decimal,
    ) -> None:
        super().__init__(unit, label, amount=amount, per=per)
        self._rule = kind
        self.opening: Lines = ()
        if flat:
            self.opening = (
                self.line(0, each=self.unit_amount, amount=quantize_line(flat), detail=self.detail),
            )


class EvaluatedPrice(Binder):
    """Tiers of any kind, of which an evaluation chooses one."""

    __slots__ = ("_beyond", "_kind", "_label", "_per", "_reference", "_tiers")

    def __init__(self, kind: Evaluable, label: Label) -> None:
        super().__init__(kind.units)
        self._label = label
        self._reference = kind.reference
        self._kind = str(kind.__struct_config__.tag)
        self._per = kind.per if isinstance(kind, Graduated | Volume) else ONE
        self._beyond = kind.beyond
        self._tiers = _tiers(kind)

    def bind(self, asking: Asking) -> dict[str, TierPrice]:
        """The tier for this record."""
        value = asking.used_of(self._reference)
        tier = self._tier_of(value)
        if tier is None:
            return {}
        (unit,) = self.units
        told = {"tier": tier.name, self._reference: f"{trimmed(Decimal(value)):f}"}
        label = self._label.told(told)
        is_back = any(usage.unit == unit and usage.quantity < 0 for usage in asking.record.usages)
        flat = CONTEXT.minus(tier.flat) if is_back else tier.flat
        price = TierPrice(
            unit, label, kind=self._kind, amount=tier.amount, per=self._per, flat=flat
        )
        return {unit: price}

    def _tier_of(self, value: Quantity) -> _Tier | None:
        for tier in self._tiers:
            if tier.up_to is None or value <= tier.up_to:
                return tier
        return _Tier(BEYOND, None, NOTHING, NOTHING) if self._beyond == "free" else None


def _tiers(kind: Evaluable) -> tuple[_Tier, ...]:
    tiers: list[_Tier] = []
    below = Decimal(0)
    for number, tier in enumerate(kind.tiers, start=1):
        assert isinstance(tier, Tier | PercentTier | Stair)
        flat = tier.flat_amount
        if isinstance(kind, Stairstep) and kind.mode == "cumulative":
            flat = below = CONTEXT.add(below, flat)
        up_to = None if tier.up_to is None else exact(tier.up_to)
        tiers.append(_Tier(str(number), up_to, _amount(tier), flat))
    return tuple(tiers)


def _amount(tier: Tier | PercentTier | Stair) -> Decimal:
    """What a unit costs: an amount, or a share of it; a stair costs nothing by unit."""
    if isinstance(tier, PercentTier):
        return CONTEXT.divide(tier.rate_percent, HUNDRED)
    return tier.unit_amount if isinstance(tier, Tier) else NOTHING
