"""What no allowance and no free units covered: the overage of a period, undone first.

It stands as `uncovered:<price plan>/<usage type>/<unit>` among the account's running totals, in the
period of the allowance that burns last, and only where usage can be taken back. Below zero it is
what was given back beyond all that had been used: the next usage makes up for that first. So what a
period costs, and what it leaves of an allowance, follow from the sum of its usage alone.
"""

from typing import Final

from streams.model.money import Quantity, minus
from streams.model.prices import Flat, Graduated, Package, PerUnit
from streams.rate.terms import OfferTerms

_NEVER_FALLS: Final = (Flat, Graduated, Package, PerUnit)


def takes_back(terms: OfferTerms) -> bool:
    """True where a quantity may be negative: it is derived, or the difference to the last one."""
    return terms.rate_units is not None or any(
        measure.aggregate == "latest" for measure in terms.offer.measures
    )


def gives_back(terms: OfferTerms) -> bool:
    """True where a charge may be: where usage is taken back, or more of it may cost less."""
    return takes_back(terms) or not all(
        isinstance(price.price, _NEVER_FALLS) for price in terms.offer.prices
    )


def undone(total: Quantity, quantity: Quantity) -> Quantity:
    """How much of a quantity undoes what stands in the total: none where they have one sign."""
    if quantity < 0 < total:
        return max(quantity, minus(total))
    if total < 0 < quantity:
        return min(quantity, minus(total))
    return 0


def drawn(remaining: Quantity, granted: Quantity, wanted: Quantity) -> Quantity:
    """How much a bucket gives; below zero: takes back, never more than it was granted."""
    if wanted > 0:
        return max(0, min(wanted, remaining))
    return min(0, max(wanted, remaining - granted))
