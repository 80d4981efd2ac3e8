"""Started blocks of units.

A tier holds `max_blocks` blocks of its size; a block is paid whole from its first unit on.
`all_tiers`: the quantity fills the tiers one after another, each at its own price. `top_tier`: the
tier in which the quantity ends prices all of it, in blocks of that tier's size, so one unit more
can change the price of every unit. Past the last tier's blocks the last tier goes on (`beyond:
charge`), nothing more is added (`free`), or there is no price (`refuse`).
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD
from streams.model.prices import Blocks
from streams.model.rated import ChargeLine
from streams.rate.prices.price import CompiledPrice, CumulativePrice, Label, Lines, Total, started
from streams.rate.quantity import exact


class _Tier(NamedTuple):
    above: Quantity
    up_to: Quantity | None
    size: Quantity
    amount: Decimal
    detail: dict[str, str]

    def blocks(self, counted: Quantity) -> int:
        """The blocks of this tier that so many units of all have begun."""
        if counted <= self.above:
            return 0
        reached = counted if self.up_to is None else min(counted, self.up_to)
        return started(reached - self.above, self.size)


class AllTiersPrice(CompiledPrice):
    """Each tier's blocks at its own price: one line for each tier that is touched."""

    __slots__ = ("_tiers", "limit")

    rule = "blocks"

    def __init__(self, price: Blocks, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._tiers, self.limit = _tiers(price, label.detail)

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """The blocks that the units after the first `used` ones begin."""
        low, high, sign = used, used + quantity, 1
        if quantity < 0:
            low, high, sign = high, low, -1
            if self.reference == RECORD:
                low, high = -high, -low
        made: list[ChargeLine] = []
        for tier in self._tiers:
            first, last = max(low, tier.above), high
            if tier.up_to is not None:
                last = min(high, tier.up_to)
            if last > first:
                blocks = sign * (tier.blocks(high) - tier.blocks(low))
                amount = CONTEXT.multiply(blocks, tier.amount)
                detail = tier.detail | {"blocks": str(blocks)}
                part = sign * (last - first)
                made.append(self.line(part, each=tier.amount, amount=amount, detail=detail))
        return tuple(made)


class TopTierPrice(CumulativePrice):
    """All units in blocks of the tier that the total reaches."""

    __slots__ = ("_end", "_tiers", "limit")

    rule = "blocks"

    def __init__(self, price: Blocks, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._tiers, self.limit = _tiers(price, label.detail)
        self._end = self._tiers[-1].up_to

    def total(self, counted: Quantity) -> Total:
        """This many units in blocks of the tier they end in."""
        if self._end is not None:
            counted = min(counted, self._end)
        for tier in self._tiers:
            if tier.up_to is None or counted <= tier.up_to:
                break
        blocks = started(counted, tier.size) if counted > 0 else 0
        detail = tier.detail | {"blocks": str(blocks)}
        return Total(CONTEXT.multiply(blocks, tier.amount), tier.amount, detail)


def _tiers(price: Blocks, detail: dict[str, str]) -> tuple[tuple[_Tier, ...], Quantity | None]:
    """The tiers with where they begin and end, and the end past which there is no price."""
    tiers: list[_Tier] = []
    above: Quantity = 0
    for number, tier in enumerate(price.tiers, start=1):
        size = exact(tier.block_size)
        goes_on = number == len(price.tiers) and price.beyond == "charge"
        up_to = None if tier.max_blocks is None or goes_on else above + tier.max_blocks * size
        amount = quantize_line(tier.block_amount)
        tiers.append(_Tier(above, up_to, size, amount, detail | {"tier": str(number)}))
        above = above if up_to is None else up_to
    return tuple(tiers), tiers[-1].up_to if price.beyond == "refuse" else None
