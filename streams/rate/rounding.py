"""What a price plan's terms, or an offer's, are with a rounding."""

from decimal import Decimal

from msgspec.structs import replace

from streams.model.money import ROUNDING_MODES
from streams.model.rounding import Rounding
from streams.rate.rounded_totals import rounded_total
from streams.rate.terms import PlanTerms


def with_rounding(terms: PlanTerms, rounding: Rounding, scope: str) -> PlanTerms:
    """The terms with this rounding; what is rounded as a whole is all that has this `scope`."""
    digits = rounding.digits or 0
    return replace(
        terms,
        quantum=Decimal(1).scaleb(-digits),
        nothing=Decimal(0).scaleb(-digits),
        rounding=ROUNDING_MODES[rounding.mode],
        rounds=rounding.over or "record",
        rounded_in=rounded_total(scope),
    )
