"""Free units of a promotion: they come before allowances, so that no grant is used up for them.

The first units of a record are the free ones. By month they are counted for the account as
`discount:<id>` among its running totals.
"""

from collections.abc import Sequence

from streams.model.catalog import RECORD
from streams.model.discount import Discount
from streams.model.money import Quantity, added, minus
from streams.rate.covering import consumed
from streams.rate.eligibility import compile_eligibility, is_for
from streams.rate.needs import compile_needs
from streams.rate.parts import offsets, parts_of
from streams.rate.prices.price import total_of
from streams.rate.quantity import exact, size_of
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.spans import given_total, uncovered_total
from streams.rate.terms import OfferTerms
from streams.rate.uncovered import takes_back
from streams.rate.weight import weights_of

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

    if takes_back(terms):
        return _compile_both_ways(terms, discounts)

    def give_free_units(rating: Rating) -> None:
        for discount in discounts:
            discount.give(rating)

    return give_free_units


def _compile_both_ways(terms: OfferTerms, discounts: list["_FreeUnits"]) -> Rule:
    """Units that are taken back are free ones where neither overage nor allowances are left."""
    burned = tuple(each for each in terms.allowances if not each.is_money)
    weights = weights_of(burned, terms)
    plan, usage_type = terms.plan.id, terms.offer.usage_type

    def firsts_of(rating: Rating, parts: list[Part]) -> list[Quantity]:
        """How much of each part is no matter of free units: it undoes something else first."""
        firsts: list[Quantity] = []
        spent: dict[str, Quantity] = {}
        for part in parts:
            unit, size = part.unit, size_of(part.quantity)
            total = uncovered_total(plan, usage_type, unit)
            if part.quantity < 0:
                held = consumed(rating, part, total, burned, weights, product=terms.offer.product)
            else:
                held = max(0, minus(rating.used_of(total)))
            first = min(size, max(0, added(held, minus(spent.get(unit, 0)))))
            spent[unit] = added(spent.get(unit, 0), first)
            firsts.append(first)
        return firsts

    def move_free_units(rating: Rating) -> None:
        parts = parts_of(rating)
        firsts = firsts_of(rating, parts)
        # One unit may rise as another falls: what comes back can be given again.
        for number, (part, first) in enumerate(zip(parts, firsts, strict=True)):
            if part.quantity < 0:
                rating.parts, rating.prices = parts, None
                parts[number] = _give_back(rating, part, discounts, first=first)
        for discount in discounts:
            discount.give(rating, firsts)

    return move_free_units


def _give_back(
    rating: Rating, part: Part, discounts: list["_FreeUnits"], *, first: Quantity
) -> Part:
    """Free units come back to the discounts, the last given first; what is left of the part.

    `first` is how much was consumed after them.
    """
    is_by_record = part.price.reference in ("", RECORD)
    used = part.used if is_by_record else added(part.used, minus(first))
    open_ = max(0, added(minus(part.quantity), minus(first)))
    left = part.quantity
    for discount in reversed(discounts):
        taken = discount.take_back(rating, part.unit, open_)
        if not taken:
            continue
        back = minus(taken)
        rating.lines += offsets(RULE, discount.id, part.price.lines(back, used))
        used, left, open_ = added(used, back), added(left, taken), added(open_, back)
    if left == part.quantity:
        return part
    used = used if is_by_record else part.used
    return Part(part.unit, left, used, part.band, part.price, (), part.allowances)


class _FreeUnits:
    __slots__ = ("_applies", "_discount", "_key", "_needs", "_units", "id")

    def __init__(self, discount: Discount) -> None:
        self.id = discount.id
        self._discount = discount
        self._applies = compile_eligibility(discount)
        self._needs = compile_needs(discount)
        self._units = frozenset(discount.units)
        self._key = given_total(discount.id)

    def give(self, rating: Rating, firsts: Sequence[Quantity] = ()) -> None:
        """Take free units off the parts, each beyond its `firsts` where there are such."""
        discount = self._discount
        assert discount.free_units is not None
        if discount.exclusive in rating.given or not self._applies(rating):
            return
        if not self._needs(rating):
            return
        left = exact(discount.free_units)
        if discount.each == "month":
            left -= rating.used_of(self._key)
        taken = self._take(rating, left, firsts)
        if not taken:
            return
        if discount.exclusive:
            rating.given = (*rating.given, discount.exclusive)
        if discount.each == "month":
            rating.move(self._key, taken)

    def take_back(self, rating: Rating, unit: str, open_: Quantity) -> Quantity:
        """How much of what is taken back the month had free; none of it by the record."""
        if self._discount.each != "month" or unit not in self._units or not self._applies(rating):
            return 0
        taken = min(open_, rating.used_of(self._key))
        if taken:
            rating.move(self._key, minus(taken))
        return taken

    def _take(self, rating: Rating, free: Quantity, firsts: Sequence[Quantity]) -> Quantity:
        """Take back so many units at most; how many it was."""
        parts = parts_of(rating)
        taken: Quantity = 0
        for number, part in enumerate(parts):
            first = firsts[number] if firsts else 0
            quantity = min(free - taken, part.quantity - first)
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
