"""Best price over a period: charged by the first offer, settled at the end by the cheapest.

What each of the offers would have cost stands among the account's running totals, without taxes on
top. An offer that is not in force for a record of the period, or refuses it, is out. Totals that
only others than the charged offer move are moved as well, so that their tiers go on.
"""

from collections.abc import Callable, Sequence
from typing import Final

from streams.model.billing_period import BillingPeriod
from streams.model.commitment import COMMITMENT
from streams.model.days import Share
from streams.model.money import CONTEXT, ZERO, Quantity
from streams.model.rated import ChargeLine
from streams.outcome import Drop, Reject
from streams.rate.best_offer import RULE, BestOffer, copy_of
from streams.rate.best_totals import PeriodTotals
from streams.rate.net import without_tax
from streams.rate.offer import CompiledOffer, rate_usage
from streams.rate.rating import Rating
from streams.rate.rules import BEST_PRICE_RULES
from streams.rate.settlement import SETTLEMENT, Settlement, TotalOf
from streams.rate.spans import MONTH, UNCOVERED
from streams.rate.terms import PlanTerms

_NOT_MOVED: Final = (COMMITMENT, "discount:", UNCOVERED)
_AFTER_VOLUMES: Final = 1
Named = tuple[str, CompiledOffer | None]
"""An offer as the catalog lists it; None where it is not in force."""


class OfferOfPeriod(BestOffer):
    """Charges by the first of several offers, and keeps what all of them come to."""

    __slots__ = ("_named", "_totals", "_usage_type")

    def __init__(self, plan: PlanTerms, named: Sequence[Named], usage_type: str) -> None:
        super().__init__(plan, tuple(offer for _, offer in named if offer is not None))
        self._named = named
        self._usage_type = usage_type
        self._totals = PeriodTotals(plan.id, usage_type)
        self.rules = (self._charge_first,)

    def with_each(self, change: Callable[[CompiledOffer], CompiledOffer]) -> "OfferOfPeriod":
        """The same of other offers, each in the place of its own."""
        named = [(name, None if offer is None else change(offer)) for name, offer in self._named]
        return OfferOfPeriod(self.plan, named, self._usage_type)

    def _charge_first(self, rating: Rating) -> Drop | Reject | None:
        first = self.candidates[0]
        others = [
            (name, offer, copy_of(rating)) for name, offer in self._named if offer is not first
        ]
        refusal = rate_usage(rating, first)
        if refusal is not None:
            return refusal
        totals, moved = self._totals, rating.moved
        charged = without_tax(rating)
        own = set(moved)
        kept: dict[str, Quantity] = {totals.charged: charged}
        kept |= {totals.of(name): charged for name, offer in self._named if offer is first}
        for name, offer, tried in others:
            if offer is None or rate_usage(tried, offer) is not None:
                kept[totals.out(name)] = 1
                continue
            kept[totals.of(name)] = without_tax(tried)
            for total, quantity in tried.moved.items():
                if total not in own and not total.startswith(_NOT_MOVED):
                    moved.setdefault(total, quantity)
        for total, quantity in kept.items():
            rating.move(total, quantity)
        rating.settling = (*rating.settling, (self.plan.id, totals.settlement, totals.charged))
        return None


class BestSettlement(Settlement):
    """Takes back what was charged, and charges what the cheapest offer comes to."""

    __slots__ = ("_currency", "_names", "_totals")

    def __init__(
        self,
        plan: PlanTerms,
        names: Sequence[str],
        first: CompiledOffer,
        every: BillingPeriod | None,
    ) -> None:
        offer = CompiledOffer(first.terms, BEST_PRICE_RULES)
        super().__init__(offer, every or MONTH, usage_type=SETTLEMENT, rank=_AFTER_VOLUMES)
        self._names = names
        self._totals = PeriodTotals(plan.id, first.terms.offer.usage_type)
        self._currency = plan.currency

    def lines(self, total_of: TotalOf, share: Share) -> list[ChargeLine]:
        """Two lines; none where no offer is cheaper than what was charged."""
        del share
        totals = self._totals
        charged = CONTEXT.add(ZERO, total_of(totals.charged))
        told: dict[str, str] = {}
        best, due = "", charged
        for name in self._names:
            if total_of(totals.out(name)):
                told[name] = "out"
                continue
            total = CONTEXT.add(ZERO, total_of(totals.of(name)))
            told[name] = f"{total:f}"
            if total < due:
                best, due = name, total
        if not best:
            return []
        back, currency = CONTEXT.minus(charged), self._currency
        return [
            ChargeLine(SETTLEMENT, self._names[0], currency, 1, back, back),
            ChargeLine(RULE, best, currency, 1, due, due, told),
        ]
