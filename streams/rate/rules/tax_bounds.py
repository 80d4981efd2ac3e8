"""The least and the most that a session costs with its taxes, beside those without.

Both are bounds by themselves (OCPI 2.2.1): the amount without tax keeps to its own, that with tax
to its own, and the tax is the difference. What taxes are changed by for it is spread over them in
proportion. Where no tax is due, none is made up. What takes a session back keeps to the same bounds
with the opposite sign.
"""

from decimal import Decimal
from typing import Final

from streams.model.money import CONTEXT, allot
from streams.model.rated import ChargeLine, Posting
from streams.model.tax import TAX, TAX_PAYABLE
from streams.model.trade_prices import Ev
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

Bounds = tuple[Decimal | None, Decimal | None]
_add: Final = CONTEXT.add


def compile_tax_bounds(terms: OfferTerms) -> Rule | None:
    """Change what taxes are, where a session with them is below its minimum or above its maximum.

    The postings of the record know it as well.
    """
    bounds: dict[str, Bounds] = {}
    for number, price in enumerate(terms.offer.prices, start=1):
        kind = price.price
        if isinstance(kind, Ev) and (kind.minimum_with_tax, kind.maximum_with_tax) != (None, None):
            bounds[terms.source_of(number)] = kind.minimum_with_tax, kind.maximum_with_tax
    if not bounds:
        return None
    currency, quantum = terms.plan.currency, terms.plan.quantum

    def keep_to_bounds(rating: Rating) -> None:
        taxes = [line for line in rating.lines if line.rule == TAX and line.amount]
        found = next((bounds[line.price] for line in rating.lines if line.price in bounds), None)
        if not taxes or found is None:
            return
        asked = abs(rating.amount)
        difference = CONTEXT.subtract(_bounded(asked, found), asked)
        units = int(CONTEXT.divide(difference, quantum))
        if not units:
            return
        signed = quantum if rating.amount > 0 else CONTEXT.minus(quantum)
        parts = allot(units, [abs(line.amount) for line in taxes])
        for line, part in zip(taxes, parts, strict=True):
            if not part:
                continue
            amount = CONTEXT.multiply(signed, part)
            detail = {"bound": "minimum" if difference > 0 else "maximum"}
            rating.lines.append(ChargeLine(TAX, line.price, currency, 1, amount, amount, detail))
            rating.postings.append(Posting(f"{TAX_PAYABLE}:{line.price}", currency, amount))
            rating.tax = _add(rating.tax, amount)
            rating.amount = _add(rating.amount, amount)
            rating.total = _add(rating.total, amount)

    return keep_to_bounds


def _bounded(amount: Decimal, bounds: Bounds) -> Decimal:
    minimum, maximum = bounds
    if minimum is not None:
        amount = max(amount, minimum)
    return amount if maximum is None else min(amount, maximum)
