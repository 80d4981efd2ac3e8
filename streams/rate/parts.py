"""Parts of what was priced: what can be taken back of it at the price it had."""

from streams.model.money import CONTEXT
from streams.model.rated import ChargeLine
from streams.rate.eligibility import is_for
from streams.rate.prices.price import Lines
from streams.rate.rating import Part, Rating
from streams.rate.terms import OfferTerms


def keeps_parts(terms: OfferTerms) -> bool:
    """True where allowances or free units may take back a part of what was priced."""
    return any(not each.is_money for each in terms.allowances) or any(
        discount.free_units is not None and is_for(discount, terms)
        for discount in terms.money.discounts
    )


def monthly_free(terms: OfferTerms) -> frozenset[str]:
    """The units of which a promotion gives some free by month."""
    return frozenset(
        unit
        for discount in terms.money.discounts
        if discount.free_units is not None and discount.each == "month" and is_for(discount, terms)
        for unit in discount.units
    )


def parts_of(rating: Rating) -> list[Part]:
    """The parts as they were kept; of what was priced plainly each line is one."""
    if rating.parts or rating.prices is None:
        return rating.parts
    prices, band = rating.prices, rating.band
    return [
        Part(line.unit, line.quantity, 0, band, prices[line.unit], (line,)) for line in rating.lines
    ]


def offsets(rule: str, name: str, priced: Lines) -> list[ChargeLine]:
    """Lines of the opposite amount, by another rule."""
    return [
        ChargeLine(
            rule,
            name,
            line.unit,
            line.quantity,
            line.unit_amount,
            CONTEXT.minus(line.amount),
            line.detail,
        )
        for line in priced
    ]
