"""The share of a fee that a part of its period costs; a negative one gives back what was paid."""

from streams.model.fee import FEE
from streams.model.money import CONTEXT, quantize_line
from streams.model.rated import ChargeLine
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

SHARE = "share"
"""The attribute of a made record that says the share: `24/31`."""


def compile_share(terms: OfferTerms) -> Rule | None:
    """Turn each line of a fee's price into its share; the line says of how much."""
    if terms.offer.usage_type != FEE:
        return None

    def take_share(rating: Rating) -> None:
        share = rating.record.attributes.get(SHARE)
        if share is None:
            return
        part, _, whole = share.partition("/")
        rating.lines = [
            ChargeLine(
                line.rule,
                line.price,
                line.unit,
                line.quantity,
                line.unit_amount,
                quantize_line(CONTEXT.divide(CONTEXT.multiply(line.amount, int(part)), int(whole))),
                line.detail | {SHARE: share},
            )
            for line in rating.lines
        ]

    return take_share
