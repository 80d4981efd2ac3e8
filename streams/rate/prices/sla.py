"""Service levels: a level that missed its target gives back a percent of a fee or of the charges.

The quantity is the level, such as 99.95 percent of availability. At the target or above, nothing is
given back; below it the band counts that holds the level, from its start (inclusive) to its end
(exclusive); a level in no band gives nothing back. The charges are those of the record's period
before it. A level of 0 is a level: it needs an offer that charges records of nothing.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.sla import Sla, SlaBand
from streams.rate.bounds import HUNDRED
from streams.rate.prices.price import Asking, Binder, CompiledPrice, Label, Lines


class Credit(CompiledPrice):
    """What one level gives back, once a record."""

    __slots__ = ("opening",)

    rule = "sla"

    def __init__(
        self, unit: str, label: Label, *, level: Quantity, percent: Decimal, base: Decimal
    ) -> None:
        super().__init__(unit, label, reference="")
        share = CONTEXT.divide(CONTEXT.multiply(base, percent), HUNDRED)
        amount = quantize_line(CONTEXT.minus(share))
        line = self.line(level, each=amount, amount=amount, detail=label.detail)
        self.opening: Lines = (line,) if amount else ()

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """Nothing on top: the level is no amount of anything."""
        return ()


class SlaPrice(Binder):
    """The credit of each record by its level."""

    __slots__ = ("_label", "_price")

    def __init__(self, price: Sla, label: Label) -> None:
        super().__init__(price.units)
        self._price = price
        self._label = label

    def bind(self, asking: Asking) -> dict[str, Credit]:
        """The band of the record's level, of the fee or of the charges so far."""
        price = self._price
        level = next(
            (usage.quantity for usage in asking.record.usages if usage.unit == price.unit), 0
        )
        band = self._band_of(level)
        percent = Decimal(0) if band is None else band.percent
        base = price.fee
        if base is None:
            base = max(Decimal(asking.used_of(price.charges)), Decimal(0))
        label = self._label.told(
            {"target": f"{price.target:f}", "percent": f"{percent:f}", "of": f"{base:f}"}
        )
        return {price.unit: Credit(price.unit, label, level=level, percent=percent, base=base)}

    def _band_of(self, level: Quantity) -> SlaBand | None:
        if level >= self._price.target:
            return None
        bands = self._price.bands
        return next((band for band in bands if band.start <= level < band.below), None)
