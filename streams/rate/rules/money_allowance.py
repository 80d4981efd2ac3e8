"""Allowances in money: what is left to pay after discounts is paid from them, as far as they go.

They are paid for beforehand, with their tax, so what they pay is taken off before the record is
rounded and taxed. A `taxed` one pays what the record costs without its taxes, in whole minor units;
the taxes stay due. A charge below zero gives back what was left to pay in the period, and then to
the allowances what they had paid.
"""

from decimal import Decimal
from typing import NamedTuple

from streams.model.account import Bucket
from streams.model.catalog import Allowance
from streams.model.money import CONTEXT, ROUNDING_MODES, ZERO, quantize_line, trimmed
from streams.model.price import ONE
from streams.model.rated import ChargeLine
from streams.rate.burns import FindBurns, burns_finder, post_burned
from streams.rate.prices.price import total_of
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import MONEY, TAXED, uncovered_total
from streams.rate.terms import OfferTerms
from streams.rate.uncovered import drawn, gives_back, undone

RULE = "money_allowance"
_DOWN = ROUNDING_MODES["down"]


class _Means(NamedTuple):
    """What usage of a product may be paid from, and the total of what was left to pay."""

    allowances: tuple[Allowance, ...]
    product: str
    uncovered: str
    find_burns: FindBurns


def compile_money_allowance(terms: OfferTerms) -> Rule | None:
    """Take off what is paid beforehand; exact, before the record is rounded."""
    means = _means(terms, MONEY)
    if means is None:
        return None

    def pay_beforehand(rating: Rating) -> None:
        if not rating.is_offset:
            _pay(rating, total_of(rating.lines), means)

    return pay_beforehand


def compile_taxed_allowance(terms: OfferTerms) -> Rule | None:
    """Take off what is paid beforehand of a record that has been taxed."""
    means, plan = _means(terms, TAXED), terms.plan
    if means is None:
        return None

    def pay_without_tax(rating: Rating) -> None:
        due = CONTEXT.subtract(rating.amount, rating.tax)
        paid = _pay(rating, due, means, quantum=plan.quantum)
        if paid:
            rating.amount = CONTEXT.subtract(rating.amount, paid)
            rating.total = CONTEXT.subtract(rating.total, paid)

    return pay_without_tax


def _means(terms: OfferTerms, what: str) -> _Means | None:
    """Without a total of what is left to pay where no charge is below zero."""
    is_taxed = what == TAXED
    found = tuple(each for each in terms.allowances if each.is_money and each.taxed == is_taxed)
    if not found:
        return None
    offer, uncovered = terms.offer, ""
    if gives_back(terms):
        uncovered = uncovered_total(terms.plan.id, offer.usage_type, what)
    return _Means(found, offer.product, uncovered, burns_finder(found))


def _pay(rating: Rating, due: Decimal, means: _Means, *, quantum: Decimal | None = None) -> Decimal:
    """Pay what is due from one after another; what they have paid.

    Where charges can be below zero, `uncovered` is the total of what was left to pay: it is undone
    first, and what is more goes back to what had paid, the last one first.
    """
    allowances, product, uncovered, find_burns = means
    first = ZERO if not uncovered else CONTEXT.add(undone(rating.used_of(uncovered), due), ZERO)
    left = CONTEXT.subtract(due, first)
    burns = find_burns(rating, allowances, product, is_any=bool(uncovered))
    for allowance, place in burns if due > 0 else reversed(burns):
        paid = _drawn(rating.buckets[place], left, quantum)
        if not paid or (paid < 0 and not uncovered):
            continue
        left = CONTEXT.subtract(left, paid)
        amount = quantize_line(CONTEXT.minus(paid))
        currency = rating.plan.currency
        rating.lines.append(ChargeLine(RULE, allowance.id, currency, trimmed(paid), ONE, amount))
        held = Decimal(rating.buckets[place].remaining)
        post_burned(rating, allowance.id, trimmed(CONTEXT.subtract(held, paid)), place)
    unpaid = CONTEXT.add(left, first)
    if uncovered and unpaid:
        rating.move(uncovered, unpaid)
    return CONTEXT.subtract(due, unpaid)


def _drawn(bucket: Bucket, due: Decimal, quantum: Decimal | None) -> Decimal:
    """What the bucket pays of what is due, in whole minor units where there is a `quantum`."""
    drawable = CONTEXT.add(drawn(bucket.remaining, bucket.granted, due), ZERO)
    return drawable if quantum is None else drawable.quantize(quantum, _DOWN, CONTEXT)
