"""The amount of the level that the quantity reaches, whatever lies below it.

A level begins with its `start` (or right after it, where it is not inclusive). Its amount is due
once, or for each `per_started` units begun of the whole quantity. Below the first level nothing is
due; past `end` nothing more is added. Amounts may be negative: a credit.
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.prices import ThresholdPrice
from streams.rate.prices.price import NO_AMOUNT, CumulativePrice, Label, Total, started
from streams.rate.quantity import exact


class _Level(NamedTuple):
    start: Quantity
    inclusive: bool
    amount: Decimal
    detail: dict[str, str]

    def holds(self, counted: Quantity) -> bool:
        return counted > self.start or (self.inclusive and counted == self.start)


class LevelPrice(CumulativePrice):
    """What the highest level costs that the total has reached."""

    __slots__ = ("_end", "_levels", "_size")

    rule = "threshold"

    def __init__(self, price: ThresholdPrice, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._end = None if price.end is None else exact(price.end)
        self._size = exact(price.per_started)
        self._levels = tuple(
            _Level(
                exact(level.start),
                level.inclusive,
                quantize_line(level.amount),
                label.detail | {"level": str(number)},
            )
            for number, level in reversed(list(enumerate(price.levels, start=1)))
        )

    def total(self, counted: Quantity) -> Total:
        """The amount of the level of this many units; a total of nothing is on none."""
        if self._end is not None:
            counted = min(counted, self._end)
        for level in self._levels:
            if counted > 0 and level.holds(counted):
                amount = level.amount
                if self._size:
                    amount = CONTEXT.multiply(started(counted, self._size), level.amount)
                return Total(amount, level.amount, level.detail)
        return Total(NO_AMOUNT, NO_AMOUNT, self.detail)
