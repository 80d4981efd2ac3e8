"""Running totals of money: what the record costs, without tax, by the accumulators that sum it."""

from streams.model.money import CONTEXT
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms


def compile_amount(terms: OfferTerms) -> Rule | None:
    """Move the accumulators of amounts among the offer's impacts."""
    names = terms.amounts
    if not names:
        return None

    def count_amount(rating: Rating) -> None:
        amount = CONTEXT.subtract(rating.amount, rating.tax)
        if amount:
            for name in names:
                rating.moved[name] = amount

    return count_amount
