"""The share of a fee that a part of its period costs; a negative one gives back what was paid."""

from streams.model.days import SHARE
from streams.model.fee import FEE
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.shared import shared
from streams.rate.terms import OfferTerms


def compile_share(terms: OfferTerms) -> Rule | None:
    """Turn each line of a fee's price into its share, where the made record says one."""
    if terms.offer.usage_type != FEE:
        return None

    def take_share(rating: Rating) -> None:
        share = rating.record.attributes.get(SHARE)
        if share is None:
            return
        part, _, whole = share.partition("/")
        rating.lines = shared(rating.lines, int(part), int(whole))

    return take_share
