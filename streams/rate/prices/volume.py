"""All units cost what the tier says that the total reaches.

A tier reaches up to and including `up_to`, so the unit after it moves every unit to the next
tier's price. Measured on the record, a record pays by its own quantity. On an accumulator:

- `running`: the record pays the difference that it makes to the period's charge; where it reaches
  a cheaper tier that is negative, and the period's charges always sum to the volume price.
- `prospective`: the tier reached with this record prices this record's units alone; a tier's
  `flat_amount` is due when a record reaches it.

What lies past a last tier that ends has no price (`beyond: refuse`), or costs what the last tier
costs up to its end (`free`).
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.prices import Volume
from streams.model.rated import ChargeLine
from streams.rate.prices.price import (
    NO_AMOUNT,
    CompiledPrice,
    CumulativePrice,
    Label,
    Lines,
    Total,
    given_back,
    product_of,
)
from streams.rate.quantity import exact


class _Level(NamedTuple):
    up_to: Quantity | None
    amount: Decimal
    each: Decimal
    flat: Decimal
    detail: dict[str, str]


class _Levelled(CompiledPrice):
    """A price whose tier is that of a total."""

    __slots__ = ("_levels", "_opens", "_per", "limit", "opening")

    rule = "volume"

    def __init__(self, price: Volume, label: Label) -> None:
        super().__init__(price.unit, label, reference=price.reference)
        self._per = price.per
        self._levels = _levels(price, label.detail)
        self._opens = label.charges_zero
        self.limit: Quantity | None = self._levels[-1].up_to if price.beyond == "refuse" else None
        self.opening: Lines = _opening(self, self._levels[0]) if label.charges_zero else ()

    def settled(self, billed: Quantity, total: Quantity) -> ChargeLine:
        """What `billed` units cost at the tier of a period's `total`; what nothing was billed of
        costs nothing, unless it is due without usage."""
        level = _level_of(self._levels, total)
        charged = billed
        if level.up_to is not None and total > level.up_to:
            charged = max(0, billed - (total - level.up_to))
        amount = product_of(charged, level.amount, self._per)
        if billed or self._opens:
            amount = CONTEXT.add(amount, level.flat)
        detail = level.detail | {"total": f"{total}"}
        return self.line(billed, each=level.each, amount=amount, detail=detail)


class ProvisionalPrice(_Levelled):
    """What is charged until the period is settled: one tier's amount, nothing for entering it."""

    __slots__ = ("_level",)

    def __init__(self, price: Volume, label: Label) -> None:
        super().__init__(price, label)
        self._level = self._levels[(price.provisional or 1) - 1]

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """One line, whatever was used before."""
        level = self._level
        amount = product_of(quantity, level.amount, self._per)
        return (self.line(quantity, each=level.each, amount=amount, detail=level.detail),)


class VolumePrice(_Levelled, CumulativePrice):
    """The running charge: what the total costs at the tier it reaches."""

    __slots__ = ()

    def total(self, counted: Quantity) -> Total:
        """This many units at the price of their tier."""
        if counted <= 0:
            first = self._levels[0]
            return Total(first.flat if self._opens else NO_AMOUNT, first.each, first.detail)
        level = _level_of(self._levels, counted)
        if level.up_to is not None and counted > level.up_to:
            counted = level.up_to
        amount = CONTEXT.add(product_of(counted, level.amount, self._per), level.flat)
        return Total(amount, level.each, level.detail)


class ProspectivePrice(_Levelled):
    """The tier that the total reaches with this usage prices this usage."""

    __slots__ = ()

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """One line, at one tier's price."""
        if quantity < 0:
            return given_back(self, quantity, used)
        reached = used + quantity
        level = _level_of(self._levels, reached)
        charged = quantity
        if level.up_to is not None and reached > level.up_to:
            charged = max(0, level.up_to - used)
        amount = product_of(charged, level.amount, self._per)
        if self._enters(level, used):
            amount = CONTEXT.add(amount, level.flat)
        return (self.line(quantity, each=level.each, amount=amount, detail=level.detail),)

    def _enters(self, level: _Level, used: Quantity) -> bool:
        if used <= 0:
            return not (self._opens and level is self._levels[0])
        return _level_of(self._levels, used) is not level


def _levels(price: Volume, detail: dict[str, str]) -> tuple[_Level, ...]:
    return tuple(
        _Level(
            None if tier.up_to is None else exact(tier.up_to),
            tier.unit_amount,
            quantize_line(CONTEXT.divide(tier.unit_amount, price.per)),
            quantize_line(tier.flat_amount),
            detail | {"tier": str(number)},
        )
        for number, tier in enumerate(price.tiers, start=1)
    )


def _level_of(levels: tuple[_Level, ...], total: Quantity) -> _Level:
    for level in levels:
        if level.up_to is None or total <= level.up_to:
            return level
    return levels[-1]


def _opening(price: CompiledPrice, first: _Level) -> Lines:
    if not first.flat:
        return ()
    return (price.line(0, each=first.each, amount=first.flat, detail=first.detail),)
