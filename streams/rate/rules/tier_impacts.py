"""Tiers and slots that move accumulators of their own: by the units that are charged in them."""

from streams.model.money import Quantity, added
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

_WORDS = ("tier", "slot")
"""What a line's detail calls the part of a price that it was charged by."""


def compile_tier_impacts(terms: OfferTerms) -> Rule | None:
    """Move the accumulators of each line's tier by its quantity."""
    moves = {
        (terms.source_of(number), part): names
        for number, price in enumerate(terms.offer.prices, start=1)
        for part, names in price.tier_impacts.items()
    }
    if not moves:
        return None

    def move_by_tier(rating: Rating) -> None:
        moved: dict[str, Quantity] = rating.moved
        for line in rating.lines:
            for word in _WORDS:
                part = line.detail.get(word)
                for name in () if part is None else moves.get((line.price, part), ()):
                    moved[name] = added(moved.get(name, 0), line.quantity)

    return move_by_tier
