"""Best price: of several offers in force, the one that costs the customer least for this record.

Each is tried on a copy of the rating, with its own allowances, discounts and taxes; what the
cheapest wrote is kept, and nothing of the others but what they would have cost. Of equal ones the
first listed wins; an offer that refuses the record is out. Where all refuse, the first says why.
"""

from collections.abc import Callable
from copy import copy
from typing import Final

from streams.model.money import ZERO
from streams.model.rated import ChargeLine
from streams.outcome import Drop, Reject
from streams.rate.offer import CompiledOffer, rate_usage
from streams.rate.rating import Rating
from streams.rate.segments import joined
from streams.rate.terms import PlanTerms

RULE: Final = "best_of"


class BestOffer(CompiledOffer):
    """Several offers that take the place of one."""

    __slots__ = ("candidates",)

    def __init__(self, plan: PlanTerms, candidates: tuple[CompiledOffer, ...]) -> None:
        first = candidates[0]
        self.candidates = candidates
        self.terms = first.terms
        self.plan = plan
        self.is_held = False
        self.earns = self.has_sequel = any(each.earns for each in candidates)
        self.is_derived = any(each.is_derived for each in candidates)
        self.outcome = None
        self.segments = joined(each.segments for each in candidates)
        self.reads_state = any(each.reads_state for each in candidates)
        self.takes_nothing = any(each.takes_nothing for each in candidates)
        self.product = first.product
        self.start = max(each.start for each in candidates)
        self.end = min(each.end for each in candidates)
        self.rules = (self._choose,)

    def with_each(self, change: Callable[[CompiledOffer], CompiledOffer]) -> "BestOffer":
        """The same of other offers, each in the place of its own."""
        return BestOffer(self.plan, tuple(change(each) for each in self.candidates))

    def _choose(self, rating: Rating) -> Drop | Reject | None:
        best: tuple[Rating, CompiledOffer] | None = None
        first_refusal: Drop | Reject | None = None
        told: dict[str, str] = {}
        for offer in self.candidates:
            tried = copy_of(rating)
            tried.product = offer.product
            refusal = rate_usage(tried, offer)
            if refusal is not None:
                first_refusal = first_refusal or refusal
                told[offer.terms.source] = str(refusal.reason)
                continue
            told[offer.terms.source] = f"{tried.amount:f}"
            if best is None or tried.amount < best[0].amount:
                best = (tried, offer)
        if best is None:
            return first_refusal
        _adopt(rating, *best, told=told)
        return None


def copy_of(rating: Rating) -> Rating:
    """The rating with lists and dictionaries of its own; what stands in them never changes."""
    own = copy(rating)
    for name in Rating.__struct_fields__:
        held = getattr(own, name)
        if isinstance(held, list | dict):
            setattr(own, name, held.copy())
    return own


def _adopt(rating: Rating, best: Rating, offer: CompiledOffer, *, told: dict[str, str]) -> None:
    """All that the best one wrote, and what was compared."""
    for name in Rating.__struct_fields__:
        setattr(rating, name, getattr(best, name))
    rating.product = offer.product
    currency = rating.plan.currency
    rating.lines.append(ChargeLine(RULE, offer.terms.source, currency, len(told), ZERO, ZERO, told))
