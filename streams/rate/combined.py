"""A price plan with what supplements it: one plan, put together once for all who have the same.

Of the plans that sell a usage type the first in order does: the supplements, the last begun of them
first, then the master plan. All of them grant: what a supplement does stands in buckets of its own.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from streams.model.instant import Instant
from streams.rate.grant import PlanGrant
from streams.rate.offer import CompiledOffer
from streams.rate.price_plan import CompiledPricePlan

AND: Final = " + "
"""Between the names of a master plan and its supplements."""


@dataclass(frozen=True, slots=True)
class CombinedPricePlan(CompiledPricePlan):
    """A master plan, and the `supplements` whose offers come before its own."""

    supplements: tuple[CompiledPricePlan, ...]
    master: CompiledPricePlan
    known: dict[CompiledOffer, CompiledOffer]

    def offer_at(self, usage_type: str, instant: Instant) -> CompiledOffer | None:
        """The offer in force of the first plan that has one.

        Units that stay are told by the service id that they stay with: those of a supplement by
        its own.
        """
        for plan in self.supplements:
            offer = plan.offer_at(usage_type, instant)
            if offer is not None and not offer.is_held:
                return self._granting(offer)
        offer = self.master.offer_at(usage_type, instant)
        return None if offer is None else self._granting(offer)

    def _granting(self, offer: CompiledOffer) -> CompiledOffer:
        """The offer, with the grants of all plans; what compares offers is made for each record."""
        known = self.known.get(offer)
        if known is not None:
            return known
        granting = copy(offer)
        granting.plan = replace(offer.plan, grants=self.terms.grants, shares=self.terms.shares)
        granting.terms = replace(offer.terms, plan=granting.plan)
        if type(offer) is CompiledOffer:
            self.known[offer] = granting
        return granting


def combined(
    name: str, master: CompiledPricePlan, supplements: Sequence[CompiledPricePlan]
) -> CombinedPricePlan:
    """The plan of these together, under a name.

    Its currency is the master's, or that of a supplement with another: then nobody can use it.
    """
    currencies = (each.terms.currency for each in supplements)
    currency = next((c for c in currencies if c != master.terms.currency), master.terms.currency)
    grants = list(master.terms.grants)
    for place, plan in enumerate(supplements, start=1):
        grants += _granted(plan, place)
    terms = replace(master.terms, id=name, currency=currency, grants=tuple(grants))
    return CombinedPricePlan(
        terms, master.offers, master.fees, master.settlements, tuple(supplements), master, {}
    )


def alone_as_supplement(name: str, plan: CompiledPricePlan) -> CombinedPricePlan:
    """A plan that supplements another, as it is for usage of its own service id."""
    terms = replace(plan.terms, grants=tuple(_granted(plan, 1)))
    return CombinedPricePlan(terms, plan.offers, plan.fees, plan.settlements, (), plan, {})


def _granted(plan: CompiledPricePlan, place: int) -> Iterator[PlanGrant]:
    """What the supplement at a place of the order grants with usage."""
    for grant in plan.terms.grants:
        if grant.opens == "first_use":
            yield replace(grant, is_plain=False, supplement=place)
