"""The tiers of every kind of price that an evaluation may choose among, told in one way."""

from decimal import Decimal
from typing import NamedTuple

from streams.model.money import CONTEXT, Quantity
from streams.model.price import NOTHING, ONE
from streams.model.prices import (
    Blocks,
    Graduated,
    GraduatedPercentage,
    PercentTier,
    Stair,
    Stairstep,
    ThresholdPrice,
    Tier,
    Volume,
)
from streams.rate.bounds import HUNDRED
from streams.rate.prices.graduated import BEYOND
from streams.rate.quantity import exact

Evaluable = Graduated | Volume | GraduatedPercentage | Stairstep | Blocks | ThresholdPrice
"""The kinds whose tiers may go by an evaluation."""


class EvaluatedTier(NamedTuple):
    """What a record pays by a tier: `amount` for `per` units and `flat` once, or `amount` for each
    `size` units begun. It ends at `end`, which belongs to it where `is_closed`.
    """

    name: str
    end: Quantity | None
    amount: Decimal = NOTHING
    flat: Decimal = NOTHING
    per: Decimal = ONE
    size: Quantity = 0
    is_closed: bool = True

    def holds(self, value: Quantity) -> bool:
        """True for a value that no tier before this one holds, up to its end."""
        return self.end is None or value < self.end or (self.is_closed and value == self.end)


def evaluated_tiers(kind: Evaluable) -> tuple[EvaluatedTier, ...]:
    """In rising order; where none holds a value, it has no price."""
    if isinstance(kind, ThresholdPrice):
        return _levels(kind)
    tiers = _of_blocks(kind) if isinstance(kind, Blocks) else _of_amounts(kind)
    if kind.beyond == "free":
        tiers.append(EvaluatedTier(BEYOND, None))
    return tuple(tiers)


def _of_amounts(
    kind: Graduated | Volume | GraduatedPercentage | Stairstep,
) -> list[EvaluatedTier]:
    tiers: list[EvaluatedTier] = []
    below = Decimal(0)
    per = kind.per if isinstance(kind, Graduated | Volume) else ONE
    for number, tier in enumerate(kind.tiers, start=1):
        assert isinstance(tier, Tier | PercentTier | Stair)
        flat = tier.flat_amount
        if isinstance(kind, Stairstep) and kind.mode == "cumulative":
            flat = below = CONTEXT.add(below, flat)
        end = None if tier.up_to is None else exact(tier.up_to)
        tiers.append(EvaluatedTier(str(number), end, _amount(tier), flat, per))
    return tiers


def _amount(tier: Tier | PercentTier | Stair) -> Decimal:
    """What a unit costs: an amount, or a share of it; a stair costs nothing by unit."""
    if isinstance(tier, PercentTier):
        return CONTEXT.divide(tier.rate_percent, HUNDRED)
    return tier.unit_amount if isinstance(tier, Tier) else NOTHING


def _of_blocks(kind: Blocks) -> list[EvaluatedTier]:
    tiers: list[EvaluatedTier] = []
    above: Quantity = 0
    for number, tier in enumerate(kind.tiers, start=1):
        size = exact(tier.block_size)
        goes_on = number == len(kind.tiers) and kind.beyond == "charge"
        end = None if tier.max_blocks is None or goes_on else above + tier.max_blocks * size
        tiers.append(EvaluatedTier(str(number), end, tier.block_amount, size=size))
        above = above if end is None else end
    return tiers


def _levels(kind: ThresholdPrice) -> tuple[EvaluatedTier, ...]:
    """What lies below the first level, and each up to where the next begins."""
    ends = [(exact(level.start), not level.inclusive) for level in kind.levels]
    tiers = [EvaluatedTier("", ends[0][0], is_closed=ends[0][1])]
    size = exact(kind.per_started)
    for number, level in enumerate(kind.levels, start=1):
        end, is_closed = ends[number] if number < len(ends) else (None, True)
        tiers.append(
            EvaluatedTier(
                str(number),
                end,
                level.amount if size else NOTHING,
                NOTHING if size else level.amount,
                size=size,
                is_closed=is_closed,
            )
        )
    return tuple(tiers)
