"""Each part of an amount of money at its own tier's share; the quantity is the amount.

Boundaries and flat amounts are those of `graduated`: `up_to` belongs to its tier, and entering a
tier costs its `flat_amount` once.
"""

from decimal import Decimal

from streams.model.money import CONTEXT
from streams.model.prices import Graduated, GraduatedPercentage, Tier
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.price import Label

_HUNDRED = Decimal(100)


class GraduatedPercentagePrice(GraduatedPrice):
    """`graduated`, by shares of the amount."""

    __slots__ = ()

    rule = "graduated_percentage"

    def __init__(self, price: GraduatedPercentage, label: Label) -> None:
        tiers = tuple(
            Tier(tier.up_to, CONTEXT.divide(tier.rate_percent, _HUNDRED), tier.flat_amount)
            for tier in price.tiers
        )
        graduated = Graduated(
            unit=price.unit, tiers=tiers, reference=price.reference, beyond=price.beyond
        )
        super().__init__(graduated, label)
