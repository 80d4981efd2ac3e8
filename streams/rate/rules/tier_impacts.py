"""Tiers and slots that move accumulators of their own: by the units that are charged in them."""

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
        for line in rating.lines:
            for word in _WORDS:
                part = line.detail.get(word)
                for name in () if part is None else moves.get((line.price, part), ()):
                    rating.move(name, line.quantity)

    return move_by_tier
