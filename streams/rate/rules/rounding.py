"""One rounding: what is charged at the smallest amount, the difference as a line of its own.

Of a record, the sum of its lines is rounded, or each of them. Over a period, a record is charged
what it adds to the rounded sum: round(all so far with it) - round(all before it), so that what a
period is charged is its exact sum, rounded once, however its usage was cut. Fees are charged for
periods of their own: they are rounded by themselves.
"""

from decimal import Decimal
from functools import partial

from streams.model.fee import FEE
from streams.model.money import CONTEXT, ZERO
from streams.model.rated import ChargeLine
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms, PlanTerms

RULE = "rounding"
_add, _subtract = CONTEXT.add, CONTEXT.subtract


def compile_rounding(terms: OfferTerms) -> Rule:
    """Set `total` (exact) and `amount` (rounded).

    Where allowances took every part back whole, the lines cancel out: there is nothing to add up.
    """
    plan = terms.plan
    if plan.rounds == "line":
        return partial(_round_lines, plan=plan)
    if plan.rounds == "period" and terms.offer.usage_type != FEE:
        return partial(_round_period, plan=plan)
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
            difference = _subtract(amount, total)
            rating.lines.append(ChargeLine(RULE, currency, currency, 1, difference, difference))

    return round_amount


def _round_lines(rating: Rating, *, plan: PlanTerms) -> None:
    total, amount = ZERO, plan.nothing
    for line in () if rating.is_offset else rating.lines:
        total = _add(total, line.amount)
        amount = _add(amount, line.amount.quantize(plan.quantum, plan.rounding, CONTEXT))
    _put(rating, plan, total, amount)


def _round_period(rating: Rating, *, plan: PlanTerms) -> None:
    total = ZERO
    for line in () if rating.is_offset else rating.lines:
        total = _add(total, line.amount)
    name, quantum, mode = plan.rounded_in, plan.quantum, plan.rounding
    before = _add(ZERO, rating.used_of(name))
    after = _add(before, total)
    amount = _subtract(
        after.quantize(quantum, mode, CONTEXT), before.quantize(quantum, mode, CONTEXT)
    )
    if total:
        rating.move(name, total)
    _put(rating, plan, total, amount)


def _put(rating: Rating, plan: PlanTerms, total: Decimal, amount: Decimal) -> None:
    rating.total = total
    rating.amount = amount
    if amount != total:
        difference, currency = _subtract(amount, total), plan.currency
        rating.lines.append(ChargeLine(RULE, currency, currency, 1, difference, difference))
