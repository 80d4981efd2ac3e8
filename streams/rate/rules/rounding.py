"""One rounding: the record's sum at the currency's minor unit, the difference as its own line."""

from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.rate.rating import Rating

RULE = "rounding"
_add = CONTEXT.add


def round_amount(rating: Rating) -> None:
    """Set `total` (exact) and `amount` (rounded by the currency's rule).

    Where allowances took every part back whole, the lines cancel out: there is nothing to add up.
    """
    plan = rating.plan
    if rating.offset and rating.offset == len(rating.parts):
        rating.amount = plan.nothing
        return
    total = ZERO
    for line in rating.lines:
        total = _add(total, line.amount)
    amount = total.quantize(plan.quantum, plan.rounding, CONTEXT)
    rating.total = total
    rating.amount = amount
    if amount != total:
        difference = CONTEXT.subtract(amount, total)
        rating.lines.append(
            ChargeLine(RULE, plan.currency, plan.currency, 1, difference, difference)
        )
