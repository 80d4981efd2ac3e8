"""How much: where the service type has rate units, they derive the record's one quantity.

What the source measured is what the rate unit goes by; from here on the record holds the derived
quantity alone. A quantity of nothing is ignored, unless the offer charges for it.
"""

from msgspec.structs import replace

from streams.model.usage import Usage, UsageRecord
from streams.outcome import Drop, DropReason, Reject
from streams.rate.rate_units import RateUnits
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms


def compile_quantity(terms: OfferTerms) -> Rule | None:
    """Replace what was measured by what the rate unit derives from it."""
    if terms.rate_units is None:
        return None
    find = RateUnits(terms.rate_units).find
    # A level of nothing says something.
    charges_zero = terms.charges_zero or terms.held == "level"

    def derive_quantity(rating: Rating) -> Drop | Reject | None:
        if rating.holding is not None:
            # What is still held was derived when it came.
            return None
        found = find(rating)
        if isinstance(found, Reject):
            return found
        unit, derive = found
        derived = derive(rating)
        if isinstance(derived, Drop | Reject):
            return derived
        if not derived.quantity and not charges_zero:
            return Drop(DropReason.ZERO_USAGE, derived.line.price)
        rating.record = replace(rating.record, usages=(Usage(unit, derived.quantity),))
        rating.told = derived.line
        return None

    return derive_quantity


def tell_quantity(rating: Rating, record: UsageRecord) -> None:
    """Once it is charged: the line that tells the quantity goes first, the record is as it came."""
    if rating.told is not None:
        rating.lines.insert(0, rating.told)
    rating.record = record
