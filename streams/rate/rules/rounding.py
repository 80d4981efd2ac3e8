"""One rounding: the record's sum at the currency's minor unit, the difference as its own line."""

from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

RULE = "rounding"
_add = CONTEXT.add


def compile_rounding(terms: OfferTerms) -> Rule:
    """Set `total` (exact) and `amount` (rounded by the currency's rule).

    Where allowances took every part back whole, the lines cancel out: there is nothing to add up.
    """
    plan = terms.plan
    currency, quantum, nothing, mode = plan.currency, plan.quantum, plan.nothing, plan.rounding

    def round_amount(rating: Rating) -> None:
        if rating.is_offset:
            rating.amount = nothing
            return
        total = ZERO
        for line in rating.lines:
            total = _add(total, line.amount)
        amount = total.quantize(quantum, mode, CONTEXT)
        rating.total = total
        rating.amount = amount
        if amount != total:
            difference = CONTEXT.subtract(amount, total)
            rating.lines.append(ChargeLine(RULE, currency, currency, 1, difference, difference))

    return round_amount
