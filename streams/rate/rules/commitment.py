"""What counts for a commitment: what the record is billed, without tax."""

from streams.model.commitment import Commitment
from streams.model.fee import FEE
from streams.model.money import CONTEXT
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import commitment_total
from streams.rate.terms import OfferTerms


def compile_commitment(terms: OfferTerms) -> Rule | None:
    """Move the totals of the price plan's commitments that the offer counts for."""
    plan = terms.plan
    names = [
        commitment_total(plan.id, each.id) for each in plan.commitments if _counts(each, terms)
    ]
    if not names:
        return None

    def count_billed(rating: Rating) -> None:
        amount = CONTEXT.subtract(rating.amount, rating.tax)
        if amount:
            for name in names:
                rating.move(name, amount)

    return count_billed


def _counts(commitment: Commitment, terms: OfferTerms) -> bool:
    """True where the offer is among those named; a fee only by its product."""
    offer = terms.offer
    if commitment.accumulator:
        return False
    if commitment.products:
        return offer.product in commitment.products
    if offer.usage_type == FEE:
        return False
    return not commitment.offers or offer.id in commitment.offers
