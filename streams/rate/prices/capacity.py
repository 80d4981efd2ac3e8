"""One amount for several units together, by the first tier that holds all of them.

A tier holds a unit up to and including its limit; a unit without limit may be any. The amount
stands on the first unit of the record, the others make no line. Measured on accumulators, a record
pays the difference between the tiers before and after it. Where no tier holds, there is no price.
"""

from decimal import Decimal

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.prices import Capacity
from streams.rate.prices.flat import FlatPrice, first_of, silent
from streams.rate.prices.price import NO_AMOUNT, Asking, Binder, Label, Lines, UnitPrice

Counted = dict[str, Quantity]


class CapacityPrice(Binder):
    """The price of one record, by all that it measures."""

    __slots__ = ("_label", "_references", "_silent", "_tiers")

    rule = "capacity"

    def __init__(self, price: Capacity, label: Label) -> None:
        super().__init__(price.units)
        self._references = price.references
        self._tiers = [(tier.limits, quantize_line(tier.amount)) for tier in price.tiers]
        self._silent = silent(price.units, label)
        self._label = label

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The tier's amount on the first unit; none where no tier holds what there is."""
        first = first_of(asking, self.units)
        before = {unit: asking.used_of(name) for unit, name in self._references.items()}
        after = dict(before)
        for usage in asking.record.usages:
            after[usage.unit] = after.get(usage.unit, 0) + usage.quantity
        reached = self._reached(after)
        if first is None or reached is None:
            return {}
        tier, amount = reached
        is_open = any(map(asking.has_opened, self._references.values()))
        left = self._reached(before) if is_open else (0, NO_AMOUNT)
        if left is not None:
            amount = CONTEXT.subtract(amount, left[1])
        label = self._label.told({"tier": str(tier)})
        return {
            **self._silent,
            first: CapacityAmount(first, label, amount=amount),
        }

    def _reached(self, counted: Counted) -> tuple[int, Decimal] | None:
        """The tier of what is counted; less than nothing gives back what so much costs."""
        if any(quantity > 0 for quantity in counted.values()):
            return self._tier_of(counted)
        if any(counted.values()):
            reached = self._tier_of({unit: -quantity for unit, quantity in counted.items()})
            return None if reached is None else (reached[0], CONTEXT.minus(reached[1]))
        return self._tier_of(counted) if self._label.charges_zero else (1, NO_AMOUNT)

    def _tier_of(self, counted: Counted) -> tuple[int, Decimal] | None:
        for number, (limits, amount) in enumerate(self._tiers, start=1):
            if all(counted.get(unit, 0) <= limit for unit, limit in limits.items()):
                return number, amount
        return None


class CapacityAmount(FlatPrice):
    """What a record pays for the tier it reaches: a difference, which has its sign already."""

    __slots__ = ()

    rule = "capacity"

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The difference, where nothing of the leaf was `used` before."""
        if used or self.opening:
            return ()
        return (self.line(quantity, each=self._amount, amount=self._amount, detail=self.detail),)
