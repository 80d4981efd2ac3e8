"""What the source says it cost, times a multiplier.

The cost is the quantity itself, or stands in an attribute; then a part of the quantity carries its
share of it, and the parts sum to the whole. A record without that attribute cannot be priced.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.prices import Dynamic
from streams.outcome import Reject
from streams.plain.values import read_quantity_text
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.price import (
    NO_AMOUNT,
    Asking,
    Binder,
    CumulativePrice,
    Label,
    Lines,
    Total,
    UnitPrice,
    product_of,
)
from streams.rate.quantity import size_of


class MultipliedPrice(PerUnitPrice):
    """The quantity is the cost."""

    __slots__ = ()

    rule = "dynamic"


class CostPrice(CumulativePrice):
    """A cost that belongs to `whole` units; without any it is due at once."""

    __slots__ = ("_cost", "_each", "_whole", "opening")

    rule = "dynamic"

    def __init__(self, unit: str, label: Label, *, cost: Decimal, whole: Quantity) -> None:
        super().__init__(unit, label, reference=RECORD)
        self._cost = cost
        self._whole = Decimal(whole)
        self._each = quantize_line(CONTEXT.divide(cost, self._whole)) if whole else NO_AMOUNT
        at_once = self.line(0, each=cost, amount=quantize_line(cost), detail=label.detail)
        self.opening: Lines = () if whole else (at_once,)

    def total(self, counted: Quantity) -> Total:
        """The share of this many units."""
        return Total(product_of(counted, self._cost, self._whole), self._each, self.detail)


class CostFromRecord(Binder):
    """The price of one record, by the cost in its attribute."""

    __slots__ = ("_attribute", "_label", "_multiplier", "_unit")

    def __init__(self, price: Dynamic, label: Label) -> None:
        super().__init__(price.units)
        self._unit = price.unit
        self._attribute = price.cost
        self._multiplier = price.multiplier
        self._label = label

    def bind(self, asking: Asking) -> dict[str, UnitPrice] | Reject:
        """The cost, which must be a number."""
        record, name = asking.record, self._attribute
        cost = read_quantity_text(record.attributes.get(name), name)
        if isinstance(cost, Reject):
            return cost
        price = CostPrice(
            self._unit,
            self._label,
            cost=CONTEXT.multiply(cost, self._multiplier),
            whole=size_of(
                sum(usage.quantity for usage in record.usages if usage.unit == self._unit)
            ),
        )
        return {self._unit: price}
