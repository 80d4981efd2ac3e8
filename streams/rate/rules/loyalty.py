"""Points for what was used, or paid without tax.

They stand in a bucket that does not end, or in one for each month, which ends some months after it.
"""

from decimal import Decimal

from streams.model.account import Bucket
from streams.model.instant import BEGINNING, FOREVER, Instant, Period, month_of
from streams.model.loyalty import LOYALTY_LIABILITY, LoyaltyRule
from streams.model.money import CONTEXT, ZERO, Quantity, round_total
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.rate.eligibility import compile_eligibility, compile_when, is_for
from streams.rate.quantity import exact
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

RULE = "loyalty"


def compile_loyalty(terms: OfferTerms) -> Rule | None:
    """Add the points of each rule to the account's bucket."""
    units = set(terms.units)
    rules = [
        _Points(rule, terms)
        for rule in terms.money.loyalty
        if is_for(rule, terms) and (not rule.units or units & set(rule.units))
    ]
    if not rules:
        return None

    def give_points(rating: Rating) -> None:
        for rule in rules:
            rule.give(rating)

    return give_points


class _Points:
    __slots__ = ("_applies", "_multipliers", "_plan", "_rule", "_units")

    def __init__(self, rule: LoyaltyRule, terms: OfferTerms) -> None:
        self._rule = rule
        self._plan = terms.plan
        self._applies = compile_eligibility(rule)
        self._units = frozenset(rule.units)
        by_words = sorted(rule.multipliers, key=lambda each: -len(each.when))
        self._multipliers = [(compile_when(each.when), each.times) for each in by_words]

    def give(self, rating: Rating) -> None:
        rule = self._rule
        if not self._applies(rating):
            return
        base = self._base(rating)
        times = next((times for holds, times in self._multipliers if holds(rating)), Decimal(1))
        worth = CONTEXT.divide(CONTEXT.multiply(base, rule.points), rule.per)
        points = round_total(CONTEXT.multiply(worth, times), digits=rule.digits, mode=rule.rounding)
        if not points:
            return
        self._put(rating, exact(points))
        detail = {"points": f"{points:f}", "times": f"{times:f}"}
        unit_points = CONTEXT.divide(rule.points, rule.per)
        rating.lines.append(
            ChargeLine(RULE, rule.id, rule.resource, base, unit_points, self._plan.nothing, detail)
        )

    def _base(self, rating: Rating) -> Quantity:
        if not self._units:
            return CONTEXT.subtract(rating.amount, rating.tax)
        return exact(
            sum(
                (Decimal(use.quantity) for use in rating.record.usages if use.unit in self._units),
                ZERO,
            )
        )

    def _put(self, rating: Rating, points: Quantity) -> None:
        resource, buckets = self._rule.resource, rating.buckets
        start, end = self._span(rating)
        places = range(len(buckets))
        place = next((n for n in places if self._is_it(buckets[n], end)), None)
        if place is None:
            place = len(buckets)
            buckets.append(Bucket(resource, start, end, 0, 0))
            if end != FOREVER:
                # So that the account is looked at when it ends.
                rating.granted = (*rating.granted, buckets[place])
        held = buckets[place]
        after = held.remaining + points
        buckets[place] = Bucket(resource, held.start, held.end, held.granted + points, after)
        rating.changes.append(BalanceChange(resource, held.start, held.remaining, after))
        rating.postings += (
            Posting("account", resource, points),
            Posting(LOYALTY_LIABILITY, resource, -points),
        )

    def _is_it(self, bucket: Bucket, end: Instant) -> bool:
        is_own = not bucket.holder and bucket.resource == self._rule.resource
        return is_own and bucket.end == end

    def _span(self, rating: Rating) -> Period:
        """From when until when points of the record's month stand."""
        months = self._rule.expires_after_months
        if not months:
            return Period(BEGINNING, FOREVER)
        start, end = rating.period
        for _ in range(months):
            end = month_of(end, rating.payer.time_zone).end
        return Period(start, end)
