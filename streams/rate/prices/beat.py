"""Started beats of a call: the unit after a full beat begins the next.

Past `max_s` nothing more is added: the beat that holds the maximum is the last one paid.
"""

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.trade_prices import Beat
from streams.rate.prices.price import CumulativePrice, Label, Total, started
from streams.rate.quantity import exact


class BeatPrice(CumulativePrice):
    """An amount for each beat begun."""

    __slots__ = ("_amount", "_end", "_size")

    rule = "beat"

    def __init__(self, price: Beat, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._amount = quantize_line(price.amount_per_beat)
        self._size = exact(price.beat_s)
        self._end = None if price.max_s is None else exact(price.max_s)

    def total(self, counted: Quantity) -> Total:
        """The beats of this many units."""
        if self._end is not None:
            counted = min(counted, self._end)
        beats = started(counted, self._size) if counted > 0 else 0
        return Total(CONTEXT.multiply(beats, self._amount), self._amount, self.detail)
