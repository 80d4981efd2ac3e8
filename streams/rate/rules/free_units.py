"""Free units of a promotion: they come before allowances, so that no grant is used up for them.

The first units of a record are the free ones. By month they are counted for the account as
`discount:<id>` among its running totals.
"""

from streams.model.discount import Discount
from streams.model.money import Quantity
from streams.rate.eligibility import compile_eligibility, is_for
from streams.rate.needs import compile_needs
from streams.rate.parts import offsets, parts_of
from streams.rate.prices.price import total_of
from streams.rate.quantity import exact
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.spans import given_total
from streams.rate.terms import OfferTerms

RULE = "discount"


def compile_free_units(terms: OfferTerms) -> Rule | None:
    """Take back the price of units that are free."""
    discounts = [
        _FreeUnits(discount)
        for discount in terms.money.discounts
        if discount.free_units is not None and is_for(discount, terms)
    ]
    if not discounts:
        return None

    def give_free_units(rating: Rating) -> None:
        for discount in discounts:
            discount.give(rating)

    return give_free_units


class _FreeUnits:
    __slots__ = ("_applies", "_discount", "_key", "_needs", "_units")

    def __init__(self, discount: Discount) -> None:
        self._discount = discount
        self._applies = compile_eligibility(discount)
        self._needs = compile_needs(discount)
        self._units = frozenset(discount.units)
        self._key = given_total(discount.id)

    def give(self, rating: Rating) -> None:
        discount = self._discount
        assert discount.free_units is not None
        if discount.exclusive in rating.given or not self._applies(rating):
            return
        if not self._needs(rating):
            return
        left = exact(discount.free_units)
        if discount.each == "month":
            left -= rating.used_of(self._key)
        taken = self._take(rating, left)
        if not taken:
            return
        if discount.exclusive:
            rating.given = (*rating.given, discount.exclusive)
        if discount.each == "month":
            rating.moved[self._key] = taken

    def _take(self, rating: Rating, free: Quantity) -> Quantity:
        """Take back so many units at most; how many it was."""
        parts = parts_of(rating)
        taken: Quantity = 0
        for number, part in enumerate(parts):
            quantity = min(free - taken, part.quantity)
            if quantity <= 0 or part.unit not in self._units:
                continue
            whole = part.lines and quantity == part.quantity
            priced = part.lines if whole else part.price.lines(quantity, part.used)
            if total_of(priced) < 0:
                continue
            rating.lines += offsets(RULE, self._discount.id, priced)
            parts[number] = Part(
                part.unit,
                part.quantity - quantity,
                part.used + quantity,
                part.band,
                part.price,
                (),
                part.allowances,
            )
            taken += quantity
        if taken:
            rating.parts, rating.prices = parts, None
        return taken
