"""Prices by tiers that an evaluation chooses: one tier for all of a record.

What earlier periods say picks the tier before the record is priced, so nothing that the record uses
moves it on. A record pays the tier's amount for all its units, and the tier's `flat_amount` once.
Past a last tier that ends it costs nothing (`beyond: free`) or has no price (`refuse`). Blocks and
levels are chosen in the same way: all units in started blocks of the one chosen.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line, trimmed
from streams.model.price import RECORD
from streams.model.prices import ThresholdPrice
from streams.rate.prices.evaluated_tiers import Evaluable, EvaluatedTier, evaluated_tiers
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.price import (
    Asking,
    Binder,
    CompiledPrice,
    Label,
    Lines,
    UnitPrice,
    given_back,
    started,
)


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


class StartedPrice(CompiledPrice):
    """The blocks that a record begins, at the amount of the tier that was chosen."""

    __slots__ = ("_amount", "_size")

    rule = "blocks"

    def __init__(
        self, unit: str, label: Label, *, kind: str, size: Quantity, amount: Decimal
    ) -> None:
        super().__init__(unit, label, reference=RECORD)
        self._rule = kind
        self._size = size
        self._amount = quantize_line(amount)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """One line; parts of one record fill up each other's blocks."""
        if quantity < 0:
            return given_back(self, quantity, used)
        blocks = started(used + quantity, self._size) - started(used, self._size)
        amount = quantize_line(CONTEXT.multiply(blocks, self._amount))
        detail = self.detail | {"blocks": str(blocks)}
        return (self.line(quantity, each=self._amount, amount=amount, detail=detail),)


class EvaluatedPrice(Binder):
    """Tiers of any kind, of which an evaluation chooses one."""

    __slots__ = ("_kind", "_label", "_reference", "_tiers", "_word")

    def __init__(self, kind: Evaluable, label: Label) -> None:
        super().__init__(kind.units)
        self._label = label
        self._reference = kind.reference
        self._kind = str(kind.__struct_config__.tag)
        self._word = "level" if isinstance(kind, ThresholdPrice) else "tier"
        self._tiers = evaluated_tiers(kind)

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The tier for this record."""
        value = asking.used_of(self._reference)
        tier = next((tier for tier in self._tiers if tier.holds(value)), None)
        if tier is None:
            return {}
        (unit,) = self.units
        told = {self._word: tier.name} if tier.name else {}
        label = self._label.told(told | {self._reference: f"{trimmed(Decimal(value)):f}"})
        if tier.size:
            size, amount = tier.size, tier.amount
            return {unit: StartedPrice(unit, label, kind=self._kind, size=size, amount=amount)}
        return {unit: self._by_unit(asking, label, tier)}

    def _by_unit(self, asking: Asking, label: Label, tier: EvaluatedTier) -> TierPrice:
        (unit,) = self.units
        is_back = any(usage.unit == unit and usage.quantity < 0 for usage in asking.record.usages)
        flat = CONTEXT.minus(tier.flat) if is_back else tier.flat
        return TierPrice(unit, label, kind=self._kind, amount=tier.amount, per=tier.per, flat=flat)
