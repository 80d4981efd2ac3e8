"""A flat amount by the stair that the total reaches.

A stair holds quantities up to and including its `up_to`. `cumulative`: each stair that is entered
adds its amount. `replace`: the stair reached costs its amount alone, so a record that reaches the
next one pays the difference. Past a last stair that ends nothing more is added (`beyond: free`), or
there is no price (`refuse`).
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.prices import Stairstep
from streams.rate.prices.price import NO_AMOUNT, CumulativePrice, Label, Lines, Total
from streams.rate.quantity import exact


class _Stair(NamedTuple):
    up_to: Quantity | None
    costs: Decimal
    own: Decimal
    detail: dict[str, str]


class StairstepPrice(CumulativePrice):
    """What the stair costs that the total stands on."""

    __slots__ = ("_opens", "_stairs", "limit", "opening")

    rule = "stairstep"

    def __init__(self, price: Stairstep, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._stairs = _stairs(price, label.detail)
        self._opens = label.charges_zero
        self.limit: Quantity | None = self._stairs[-1].up_to if price.beyond == "refuse" else None
        first = self._stairs[0]
        opening = self.line(0, each=first.own, amount=first.costs, detail=first.detail)
        self.opening: Lines = (opening,) if label.charges_zero else ()

    def total(self, counted: Quantity) -> Total:
        """The amount of the stair of this many units."""
        if counted <= 0:
            first = self._stairs[0]
            return Total(first.costs if self._opens else NO_AMOUNT, first.own, first.detail)
        for stair in self._stairs:
            if stair.up_to is None or counted <= stair.up_to:
                break
        return Total(stair.costs, stair.own, stair.detail)


def _stairs(price: Stairstep, detail: dict[str, str]) -> tuple[_Stair, ...]:
    stairs: list[_Stair] = []
    below = NO_AMOUNT
    for number, tier in enumerate(price.tiers, start=1):
        own = quantize_line(tier.flat_amount)
        costs = CONTEXT.add(below, own) if price.mode == "cumulative" else own
        up_to = None if tier.up_to is None else exact(tier.up_to)
        stairs.append(_Stair(up_to, costs, own, detail | {"tier": str(number)}))
        below = costs
    return tuple(stairs)
