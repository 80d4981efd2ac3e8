"""What a record brings to its account's partners: added up for commissions and tiers.

Nothing is charged here. The totals stand with the customer until their period is over, and go to
the partner then (`streams/due/partners.py`).
"""

from streams.model.commission import CommissionPlan, PartnerTotal
from streams.model.money import CONTEXT, Quantity, added
from streams.model.partner import Partner
from streams.outcome import Reject
from streams.rate.commission import upwards
from streams.rate.eligibility import compile_eligibility, is_for
from streams.rate.no_partner import no_partner
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms


def compile_partner_volume(terms: OfferTerms) -> Rule | None:
    """Add the record to the totals of the partners whom it concerns."""
    volumes = [
        _Volume(plan, terms)
        for plan in terms.money.commission_plans
        if is_for(plan, terms) and _counts(plan, terms)
    ]
    if not volumes:
        return None

    def bring(rating: Rating) -> Reject | None:
        brought: dict[str, Quantity] = {}
        for volume in volumes:
            refusal = volume.add_to(brought, rating)
            if refusal is not None:
                return refusal
        if brought:
            rating.brought = brought
        return None

    return bring


def _counts(plan: CommissionPlan, terms: OfferTerms) -> bool:
    """True where there is something in the offer's records that the plan sums."""
    if plan.sums == "amount":
        return plan.currency == terms.plan.currency
    return plan.sums == "records" or not set(plan.units).isdisjoint(terms.units)


class _Volume:
    """What one plan sums."""

    __slots__ = ("_applies", "_partners", "_plan", "_units")

    def __init__(self, plan: CommissionPlan, terms: OfferTerms) -> None:
        self._plan = plan
        self._units = frozenset(plan.units)
        self._applies = compile_eligibility(plan)
        self._partners = terms.money.partners

    def add_to(self, brought: dict[str, Quantity], rating: Rating) -> Reject | None:
        plan = self._plan
        name = plan.partner or rating.word(plan.partner_from)
        if not name or not self._applies(rating):
            return None
        partner: Partner | None = self._partners.get(name)
        if partner is None:
            return no_partner(rating, name)
        quantity = self._quantity(rating)
        if quantity:
            for each in upwards(partner, self._partners):
                if each.account:
                    total = PartnerTotal(plan.id, each.id, is_brought=True)
                    brought[total.name] = quantity
        return None

    def _quantity(self, rating: Rating) -> Quantity:
        sums = self._plan.sums
        if sums == "amount":
            return CONTEXT.subtract(rating.amount, rating.tax)
        if sums == "records":
            return 1
        total: Quantity = 0
        for usage in rating.record.usages:
            if usage.unit in self._units:
                total = added(total, usage.quantity)
        return total
