"""Prices that are settled at the end of their period: what they were charged, for how many units.

What allowances and free units took back belongs to the price of its unit.
"""

from streams.model.money import minus
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.settled import SettledPrice, settled_prices
from streams.rate.terms import OfferTerms

_TAKEN_BACK = frozenset({"allowance", "discount"})


def compile_settled(terms: OfferTerms) -> Rule | None:
    """Move the totals of settled prices, and note what has to be settled."""
    plan = terms.plan.id
    prices = {
        terms.source_of(settled.number): settled
        for settled in settled_prices(plan, terms.offer, terms.agreed)
    }
    if not prices:
        return None

    def count_settled(rating: Rating) -> None:
        by_unit: dict[str, SettledPrice] = {}
        for line in rating.lines:
            settled = prices.get(line.price)
            quantity = line.quantity
            if settled is not None:
                if line.unit not in by_unit:
                    by_unit[line.unit] = settled
            elif line.rule in _TAKEN_BACK and line.unit in by_unit:
                settled, quantity = by_unit[line.unit], minus(quantity)
            else:
                continue
            rating.move(settled.charged, line.amount)
            rating.move(settled.billed, quantity)
        for settled in by_unit.values():
            rating.settling = (*rating.settling, (plan, settled.name, settled.charged))

    return count_settled
