"""Allowances in money: what is left to pay after discounts is paid from them, as far as they go.

They are paid for beforehand, with their tax, so what they pay is taken off before the record is
rounded and taxed. A `taxed` one pays what the record costs without its taxes, in whole minor units;
the taxes stay due. A charge below zero gives nothing back to them.
"""

from decimal import Decimal

from msgspec.structs import replace

from streams.model.catalog import Allowance
from streams.model.money import CONTEXT, ROUNDING_MODES, quantize_line, trimmed
from streams.model.price import ONE
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.rate.prices.price import total_of
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.rules.allowance import burns_of
from streams.rate.terms import OfferTerms

RULE = "money_allowance"
_DOWN = ROUNDING_MODES["down"]


def compile_money_allowance(terms: OfferTerms) -> Rule | None:
    """Take off what is paid beforehand; exact, before the record is rounded."""
    allowances = _in_money(terms, taxed=False)
    if not allowances:
        return None
    currency = terms.plan.currency

    def pay_beforehand(rating: Rating) -> None:
        if not rating.is_offset:
            _pay(rating, total_of(rating.lines), allowances=allowances, currency=currency)

    return pay_beforehand


def compile_taxed_allowance(terms: OfferTerms) -> Rule | None:
    """Take off what is paid beforehand of a record that has been taxed."""
    allowances, plan = _in_money(terms, taxed=True), terms.plan
    if not allowances:
        return None

    def pay_without_tax(rating: Rating) -> None:
        due = CONTEXT.subtract(rating.amount, rating.tax)
        paid = _pay(
            rating, due, allowances=allowances, currency=plan.currency, quantum=plan.quantum
        )
        if paid:
            rating.amount = CONTEXT.subtract(rating.amount, paid)
            rating.total = CONTEXT.subtract(rating.total, paid)

    return pay_without_tax


def _in_money(terms: OfferTerms, *, taxed: bool) -> tuple[Allowance, ...]:
    return tuple(each for each in terms.allowances if each.is_money and each.taxed == taxed)


def _pay(
    rating: Rating,
    due: Decimal,
    *,
    allowances: tuple[Allowance, ...],
    currency: str,
    quantum: Decimal | None = None,
) -> Decimal:
    """Pay what is due from one after another; what they have paid."""
    left = due
    for allowance, place in burns_of(rating, allowances):
        if left <= 0:
            break
        held = Decimal(rating.buckets[place].remaining)
        if quantum is not None:
            held = held.quantize(quantum, _DOWN, CONTEXT)
        paid = min(left, held)
        if not paid:
            continue
        left = CONTEXT.subtract(left, paid)
        amount = quantize_line(CONTEXT.minus(paid))
        rating.lines.append(ChargeLine(RULE, allowance.id, currency, trimmed(paid), ONE, amount))
        _post(rating, place, paid)
    return CONTEXT.subtract(due, left)


def _post(rating: Rating, place: int, paid: Decimal) -> None:
    """The bucket holds less by what was paid; that is no longer owed to the customer."""
    bucket = rating.buckets[place]
    left = trimmed(CONTEXT.subtract(Decimal(bucket.remaining), paid))
    change = BalanceChange(bucket.resource, bucket.start, rating.opening_of(bucket), left)
    rating.changes.append(change)
    rating.buckets[place] = replace(bucket, remaining=left)
    rating.postings += (
        Posting("account", bucket.resource, CONTEXT.minus(paid)),
        Posting("allowance_liability", bucket.resource, paid),
    )
