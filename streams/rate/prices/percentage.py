"""A share of an amount of money; the quantity of an event is its amount.

An event costs its fixed part and its share, at least `min_per_event` and at most `max_per_event`.
The first `free_events` events of the period are free while the sum of all events, their own amount
included, stays within `free_amount`: the event that reaches just that much is free, the one that
passes it pays for what lies past it, with its fixed part. Without `free_events`, any number.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line, trimmed
from streams.model.price import RECORD
from streams.model.prices import Percentage
from streams.model.rated import ChargeLine
from streams.rate.prices.price import (
    NO_AMOUNT,
    Asking,
    Binder,
    CompiledPrice,
    Label,
    Lines,
    UnitPrice,
    given_back,
)
from streams.rate.quantity import exact

FREE = "free"
"""The rule of a line for what costs nothing."""
_HUNDRED = Decimal(100)


class EventPrice(CompiledPrice):
    """What one event costs of which `free` is not charged (None: all of it)."""

    __slots__ = ("_each", "_free", "_terms", "_told")

    rule = "percentage"

    def __init__(self, terms: Percentage, label: Label, *, free: Quantity | None) -> None:
        super().__init__(terms.unit, label, reference=RECORD)
        self._terms = terms
        self._free = free
        self._each = quantize_line(CONTEXT.divide(terms.rate_percent, _HUNDRED))
        self._told = label.detail
        if terms.fixed_amount:
            self._told = label.detail | {"fixed": str(trimmed(terms.fixed_amount))}

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """What is free of the amount, and what is not."""
        if quantity < 0:
            return given_back(self, quantity, used)
        last = used + quantity
        free = quantity
        if self._free is not None:
            free = min(last, self._free) - min(used, self._free)
        made: list[ChargeLine] = []
        if free:
            made.append(
                ChargeLine(FREE, self.source, self.unit, free, NO_AMOUNT, NO_AMOUNT, self.detail)
            )
        if free < quantity:
            amount = CONTEXT.subtract(self._cost_of(last), self._cost_of(used))
            made.append(
                self.line(quantity - free, each=self._each, amount=amount, detail=self._told)
            )
        return tuple(made)

    def _cost_of(self, counted: Quantity) -> Decimal:
        """What this much of the event's amount costs."""
        if self._free is None or counted <= self._free:
            return NO_AMOUNT
        terms = self._terms
        share = CONTEXT.multiply(counted - self._free, terms.rate_percent)
        amount = CONTEXT.add(CONTEXT.divide(share, _HUNDRED), terms.fixed_amount)
        if terms.min_per_event is not None:
            amount = max(amount, terms.min_per_event)
        if terms.max_per_event is not None:
            amount = min(amount, terms.max_per_event)
        return quantize_line(amount)


class PercentagePrice(Binder):
    """The price of an event by how many came before it, and what they amount to."""

    __slots__ = ("_all_free", "_free_amount", "_label", "_none_free", "_terms")

    def __init__(self, price: Percentage, label: Label) -> None:
        super().__init__(price.units)
        self._terms = price
        self._free_amount = None if price.free_amount is None else exact(price.free_amount)
        self._label = label
        self._all_free: dict[str, UnitPrice] = {price.unit: EventPrice(price, label, free=None)}
        self._none_free: dict[str, UnitPrice] = {price.unit: EventPrice(price, label, free=0)}

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The event's price; what is free of it is a line of rule `free`."""
        free = self._free_of(asking)
        if not free:
            return self._all_free if free is None else self._none_free
        return {self._terms.unit: EventPrice(self._terms, self._label, free=free)}

    def _free_of(self, asking: Asking) -> Quantity | None:
        terms = self._terms
        if terms.free_events is not None and asking.used_of(terms.events) >= terms.free_events:
            return 0
        if self._free_amount is not None:
            return max(0, self._free_amount - asking.used_of(terms.amounts))
        return 0 if terms.free_events is None else None
