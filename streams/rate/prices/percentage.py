"""A share of an amount of money; the quantity of an event is its amount.

An event costs its fixed part and its share, at least `min_per_event` and at most `max_per_event`.
The first `free_events` events of the period are free while the sum of all events, their own amount
included, stays within `free_amount`: the event that reaches just that much is free, the one that
passes it pays for what lies past it, with its fixed part. Without `free_events`, any number.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.prices import Percentage
from streams.rate.prices.price import (
    NO_AMOUNT,
    Asking,
    Binder,
    CumulativePrice,
    Label,
    Total,
    UnitPrice,
)
from streams.rate.quantity import exact

_HUNDRED = Decimal(100)


class EventPrice(CumulativePrice):
    """What one event costs of which `free` is not charged (None: all of it)."""

    __slots__ = ("_each", "_free", "_terms")

    rule = "percentage"

    def __init__(self, terms: Percentage, label: Label, *, free: Quantity | None) -> None:
        super().__init__(terms.unit, label, reference=RECORD)
        self._terms = terms
        self._free = free
        self._each = quantize_line(CONTEXT.divide(terms.rate_percent, _HUNDRED))

    def total(self, counted: Quantity) -> Total:
        """What this much of the event's amount costs."""
        if self._free is None or counted <= self._free:
            return Total(NO_AMOUNT, self._each, self.detail)
        terms = self._terms
        share = CONTEXT.multiply(counted - self._free, terms.rate_percent)
        amount = CONTEXT.add(CONTEXT.divide(share, _HUNDRED), terms.fixed_amount)
        if terms.min_per_event is not None:
            amount = max(amount, terms.min_per_event)
        if terms.max_per_event is not None:
            amount = min(amount, terms.max_per_event)
        return Total(quantize_line(amount), self._each, self.detail)


class PercentagePrice(Binder):
    """The price of an event by how many came before it, and what they amount to."""

    __slots__ = ("_free_amount", "_label", "_terms")

    def __init__(self, price: Percentage, label: Label) -> None:
        super().__init__(price.units)
        self._terms = price
        self._free_amount = None if price.free_amount is None else exact(price.free_amount)
        self._label = label

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The event's price; what is free of it stands in the line's detail."""
        free = self._free_of(asking)
        label = self._label
        if free is None or free > 0:
            label = label.told({"free": "all" if free is None else str(free)})
        return {self._terms.unit: EventPrice(self._terms, label, free=free)}

    def _free_of(self, asking: Asking) -> Quantity | None:
        terms = self._terms
        if terms.free_events is not None and asking.used_of(terms.events) >= terms.free_events:
            return 0
        if self._free_amount is not None:
            return max(0, self._free_amount - asking.used_of(terms.amounts))
        return 0 if terms.free_events is None else None
