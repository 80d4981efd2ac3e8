"""A price plan that compares: which offers of a usage type are in force, and what is done then."""

from collections.abc import Mapping
from dataclasses import dataclass

from streams.model.catalog import PricePlan
from streams.model.instant import Instant
from streams.rate.best_offer import BestOffer
from streams.rate.best_over_period import BestSettlement, OfferOfPeriod
from streams.rate.best_totals import BEST
from streams.rate.offer import CompiledOffer
from streams.rate.price_plan import CompiledPricePlan, dated_offer
from streams.rate.settlement import Settlement


@dataclass(frozen=True, slots=True)
class BestPricePlan(CompiledPricePlan):
    """A price plan with best prices. `choices`: by usage type, the dated offers of each name.

    With `by_period`, they are compared by what a period comes to, not record by record.
    """

    choices: dict[str, dict[str, tuple[CompiledOffer, ...]]]
    by_period: bool

    def offer_at(self, usage_type: str, instant: Instant) -> CompiledOffer | None:
        """The offer of the usage type in force at an instant, be it one of several."""
        choice = self.choices.get(usage_type)
        if choice is None:
            return dated_offer(self.offers.get(usage_type, ()), instant)
        named = [(name, dated_offer(offers, instant)) for name, offers in choice.items()]
        found = tuple(offer for _, offer in named if offer is not None)
        if self.by_period and found:
            return OfferOfPeriod(self.terms, named, usage_type)
        return BestOffer(self.terms, found) if len(found) > 1 else next(iter(found), None)


def with_best_prices(plan: PricePlan, plans: Mapping[str, CompiledPricePlan]) -> CompiledPricePlan:
    """The plan with what is to be compared; a name is one of its offers, or another plan."""
    own = plans[plan.id]

    def named(usage_type: str, name: str) -> tuple[CompiledOffer, ...]:
        offers = own.offers.get(usage_type, ())
        found = tuple(offer for offer in offers if offer.terms.offer.id == name)
        return found or plans[name].offers[usage_type]

    choices = {
        usage_type: {name: named(usage_type, name) for name in listed}
        for usage_type, listed in plan.best_of.items()
    }
    settlements: dict[str, Settlement] = {}
    if plan.best_over == "period":
        for usage_type, choice in choices.items():
            names = tuple(choice)
            first = choice[names[0]][0]
            settlements[f"{BEST}{usage_type}"] = BestSettlement(
                own.terms, names, first, plan.best_every
            )
    return BestPricePlan(
        own.terms,
        own.offers,
        own.fees,
        own.settlements | settlements,
        choices,
        plan.best_over == "period",
    )
