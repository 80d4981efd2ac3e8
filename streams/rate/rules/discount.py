"""Discounts in money: one after another, each of what those before it have left.

What allowances cover costs nothing, so there is nothing to discount: they come first. A charge
never falls below zero. A charge below zero (usage taken back) gives back the same percent, and no
more of a limited discount than was given. What a month's limit counts stands as `discount:<id>`
among the account's running totals.
"""

from collections.abc import Callable
from decimal import Decimal

from streams.model.discount import Discount
from streams.model.money import CONTEXT, ZERO, quantize_line
from streams.model.rated import ChargeLine
from streams.rate.bounds import HUNDRED
from streams.rate.eligibility import compile_eligibility, is_for, percent_at, total_before
from streams.rate.needs import compile_needs
from streams.rate.prices.price import total_of
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import given_total
from streams.rate.terms import OfferTerms
from streams.rate.words import words_told

RULE = "discount"

Off = Callable[[Rating, Decimal], tuple[Decimal, dict[str, str]]]
"""What is off an amount, before any limit, and by what."""


def compile_discount(terms: OfferTerms) -> Rule | None:
    """Append a line for each discount that gives anything."""
    currency = terms.plan.currency
    discounts = [
        _MoneyDiscount(discount, terms)
        for discount in terms.money.discounts
        if discount.free_units is None
        and discount.currency in ("", currency)
        and is_for(discount, terms)
    ]
    if not discounts:
        return None

    def discount_charge(rating: Rating) -> None:
        if rating.is_offset:
            return
        left = total_of(rating.lines)
        for discount in discounts:
            if not left:
                break
            left = CONTEXT.subtract(left, discount.give(rating, left))

    return discount_charge


class _MoneyDiscount:
    __slots__ = ("_applies", "_currency", "_discount", "_key", "_needs", "_off", "_told")

    def __init__(self, discount: Discount, terms: OfferTerms) -> None:
        self._discount = discount
        self._currency = terms.plan.currency
        self._told = words_told(discount.when, terms.declared)
        self._applies = compile_eligibility(discount)
        self._needs = compile_needs(discount)
        self._off = _compile_off(discount)
        self._key = given_total(discount.id)

    def give(self, rating: Rating, left: Decimal) -> Decimal:
        """What is off `left`; its line is in the rating."""
        discount = self._discount
        if discount.exclusive in rating.given or not self._applies(rating):
            return ZERO
        if not self._needs(rating):
            return ZERO
        off, detail = self._off(rating, left)
        if discount.at_most is not None:
            off = self._limited(rating, off, discount.at_most)
        if not off:
            return ZERO
        if discount.exclusive:
            rating.given = (*rating.given, discount.exclusive)
        amount = quantize_line(CONTEXT.minus(off))
        detail |= {"of": f"{left:f}"} | self._told
        rating.lines.append(
            ChargeLine(RULE, discount.id, self._currency, 1, amount, amount, detail)
        )
        return off

    def _limited(self, rating: Rating, off: Decimal, at_most: Decimal) -> Decimal:
        """What is left of the month's limit, or was given of it."""
        given = CONTEXT.add(rating.used_of(self._key), ZERO)
        left = max(ZERO, CONTEXT.subtract(at_most, given))
        off = max(min(off, left), CONTEXT.minus(given))
        if off:
            rating.moved[self._key] = off
        return off


def _compile_off(discount: Discount) -> Off:
    percent, amount = discount.percent, discount.amount
    if amount is not None:
        most = amount
        return lambda rating, left: (max(ZERO, min(most, left)), {})
    if percent is not None:
        fixed = percent
        return lambda rating, left: (_part(left, fixed), {"percent": f"{fixed:f}"})
    steps, reference = discount.tiers, discount.reference

    def off_by_tier(rating: Rating, left: Decimal) -> tuple[Decimal, dict[str, str]]:
        reached = percent_at(steps, total_before(reference, rating))
        return _part(left, reached), {"percent": f"{reached:f}"}

    return off_by_tier


def _part(amount: Decimal, percent: Decimal) -> Decimal:
    return quantize_line(CONTEXT.divide(CONTEXT.multiply(amount, percent), HUNDRED))
