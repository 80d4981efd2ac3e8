"""The most that a period's usage costs: what is above it is taken off again.

What the records of the period were billed without this stands among the account's running totals
as `spend:<price plan>`. A record pays the difference that it makes to the smaller of that total and
the maximum: so usage that is taken back gives back no more than was paid for it.
"""

from streams.model.fee import FEE
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import spend_total
from streams.rate.terms import OfferTerms

RULE = "maximum_spend"
_add, _subtract = CONTEXT.add, CONTEXT.subtract


def compile_maximum_spend(terms: OfferTerms) -> Rule | None:
    """Append a line of what the record's amount is above what is left to the maximum."""
    plan, offer, maximum = terms.plan, terms.offer, terms.plan.maximum_spend
    if maximum is None or offer.usage_type == FEE:
        return None
    if maximum.offers and offer.id not in maximum.offers:
        return None
    if maximum.products and offer.product not in maximum.products:
        return None
    name, currency, most = spend_total(plan.id), plan.currency, maximum.amount

    def cap_spend(rating: Rating) -> None:
        amount = rating.amount
        if not amount:
            return
        before = _add(ZERO, rating.used_of(name))
        rating.move(name, amount)
        due = _subtract(min(most, _add(before, amount)), min(most, before))
        if due == amount:
            return
        off = _subtract(due, amount)
        rating.amount = _add(amount, off)
        rating.total = _add(rating.total, off)
        detail = {"maximum": f"{most:f}", "billed": f"{_add(before, amount):f}"}
        rating.lines.append(ChargeLine(RULE, plan.id, currency, 1, off, off, detail))

    return cap_spend
