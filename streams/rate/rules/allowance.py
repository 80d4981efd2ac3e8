"""Allowances burn down before overage: lines of the opposite sign take back what was priced.

The first units of a part are the free ones, so a graduated price keeps its tiers for what is left.
Buckets burn in the order of `streams/rate/burns.py`; usage of a period takes those of that period.
"""

from typing import Final

from streams.model.catalog import Allowance
from streams.model.money import CONTEXT
from streams.model.rated import ChargeLine
from streams.rate.burns import burns_finder, post_burned
from streams.rate.covering import compile_covering
from streams.rate.parts import monthly_free, offsets, parts_of
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms
from streams.rate.uncovered import takes_back

RULE = "allowance"
_minus: Final = CONTEXT.minus


def compile_allowance(terms: OfferTerms) -> Rule | None:
    """Offset each part by what the allowances of the offer still hold."""
    priced = {unit for price in terms.offer.prices for unit in price.price.units}
    allowances = tuple(each for each in terms.allowances if priced & set(each.usage_units))
    if takes_back(terms):
        free = monthly_free(terms)
        return compile_covering(terms, allowances, free, RULE) if allowances or free else None
    if not all(each.is_plain for each in allowances):
        return compile_covering(terms, allowances, frozenset(), RULE)
    if not allowances:
        return None
    product, find_burns = terms.offer.product, burns_finder(allowances)
    all_covering = frozenset(each.id for each in allowances if priced <= set(each.usage_units))

    def burn_allowances(rating: Rating) -> None:
        burns = find_burns(rating, allowances, product)
        if not burns:
            return
        if len(burns) == 1 and burns[0][0].id in all_covering and _burns_whole(rating, *burns[0]):
            return
        parts = parts_of(rating)
        offset = 0
        for allowance, place in burns:
            offset += _burn(rating, allowance, place, parts, is_followed=len(burns) > 1)
        rating.is_offset = offset == len(parts)

    return burn_allowances


def _burns_whole(rating: Rating, allowance: Allowance, place: int) -> bool:
    """The usual case, without parts: the only allowance there is covers all that was priced."""
    counted, left = rating.counted, rating.buckets[place].remaining
    if rating.prices is None or counted > left:
        return False
    if allowance.bands and rating.band not in allowance.bands:
        return False
    name = allowance.id
    taken: list[ChargeLine] = []
    for line in rating.lines:
        quantity, amount = line.quantity, _minus(line.amount)
        if quantity <= 0:
            return False
        taken.append(
            ChargeLine(RULE, name, line.unit, quantity, line.unit_amount, amount, line.detail)
        )
    rating.lines += taken
    rating.is_offset = True
    post_burned(rating, name, left - counted, place)
    return True


def _burn(
    rating: Rating, allowance: Allowance, place: int, parts: list[Part], *, is_followed: bool
) -> int:
    """Take back what one allowance covers; how many parts it took whole."""
    units, bands, name = allowance.usage_units, allowance.bands, allowance.id
    held = left = rating.buckets[place].remaining
    offset = 0
    for number, part in enumerate(parts):
        unit, quantity, used, band = part.unit, part.quantity, part.used, part.band
        if quantity <= 0 or unit not in units or (bands and band not in bands):
            continue
        if part.allowances is not None and name not in part.allowances:
            continue
        if part.lines and quantity <= left:
            taken, priced = quantity, part.lines
            offset += 1
        else:
            taken = min(left, quantity)
            priced = part.price.lines(taken, used)
        if is_followed:
            parts[number] = Part(
                unit, quantity - taken, used + taken, band, part.price, (), part.allowances
            )
        rating.lines += offsets(RULE, name, priced)
        left -= taken
        if left <= 0:
            break
    if left != held:
        post_burned(rating, name, left, place)
    return offset
