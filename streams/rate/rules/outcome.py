"""Where an offer sells outcomes, they are priced in the place of what the record measured."""

from msgspec.structs import replace

from streams.model.usage import Usage
from streams.outcome import Drop, Reject
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.rules.price import compile_price
from streams.rate.terms import OfferTerms


def compile_outcome_price(terms: OfferTerms) -> Rule:
    """Price the outcomes that the session's turn has given; without any, nothing is due."""
    price = compile_price(terms)
    outcome = terms.outcome
    if outcome is None:
        return price
    unit = outcome.unit

    def price_outcome(rating: Rating) -> Drop | Reject | None:
        if not rating.outcomes:
            return None
        record = rating.record
        rating.record = replace(record, usages=(Usage(unit, rating.outcomes),))
        refusal = price(rating)
        rating.record = record
        return refusal

    return price_outcome
