"""Points for what was used, or paid without tax.

They stand in a bucket that does not end, or in one for each month, which ends some months after it.
"""

from decimal import Decimal

from msgspec.structs import replace

from streams.model.account import Bucket
from streams.model.instant import BEGINNING, FOREVER, Instant, month_of
from streams.model.loyalty import LOYALTY_LIABILITY, LoyaltyRule, LoyaltyTier
from streams.model.money import CONTEXT, ZERO, Quantity, round_total
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.rate.eligibility import compile_eligibility, compile_when, is_for
from streams.rate.evaluation import earned_before
from streams.rate.quantity import exact
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import earned_total
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
        tier = self._tier(rating, CONTEXT.multiply(worth, times)) if rule.tiers else None
        if tier is not None:
            times = CONTEXT.multiply(times, tier.times)
        points = round_total(CONTEXT.multiply(worth, times), digits=rule.digits, mode=rule.rounding)
        if not points:
            return
        self._put(rating, exact(points))
        detail = {"points": f"{points:f}", "times": f"{times:f}"}
        if rule.tiers:
            rating.move(earned_total(rule.id), exact(points))
        if tier is not None:
            detail["tier"] = tier.id
        unit_points = CONTEXT.divide(rule.points, rule.per)
        rating.lines.append(
            ChargeLine(RULE, rule.id, rule.resource, base, unit_points, self._plan.nothing, detail)
        )

    def _tier(self, rating: Rating, points: Decimal) -> LoyaltyTier | None:
        """The highest that the points before the record have reached, in this period or the last.

        So one goes up at once, and down as a period ends in which one has earned too little. What
        is taken back goes by what is left without it, as it was given.
        """
        name = self._rule.id
        now = CONTEXT.add(rating.used_of(earned_total(name)), min(ZERO, points))
        earned = max(now, rating.used_of(earned_before(name)))
        reached = [tier for tier in self._rule.tiers if tier.start <= earned]
        return reached[-1] if reached else None

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
        resource, months = self._rule.resource, self._rule.expires_after_months
        start = rating.period.start if months else BEGINNING
        place = place_of_points(rating, resource, start)
        if place is None:
            place = len(rating.buckets)
            opened = Bucket(resource, start, _end_of(rating, months), 0, 0)
            rating.buckets.append(opened)
            if months:
                # So that the account is looked at when it ends.
                rating.granted = (*rating.granted, opened)
        add_points(rating, place, points)


def place_of_points(rating: Rating, resource: str, start: Instant) -> int | None:
    """Where the account's own points of a month stand, or with BEGINNING those that do not end."""
    for place, bucket in enumerate(rating.buckets):
        if bucket.resource == resource and bucket.start == start and not bucket.holder:
            return place
    return None


def add_points(rating: Rating, place: int, points: Quantity) -> None:
    """More points in a bucket, or fewer where `points` are below zero."""
    held = rating.buckets[place]
    after, granted = held.remaining + points, held.granted + points
    rating.buckets[place] = replace(held, granted=granted, remaining=after)
    rating.changes.append(BalanceChange(held.resource, held.start, held.remaining, after))
    rating.postings += (
        Posting("account", held.resource, points),
        Posting(LOYALTY_LIABILITY, held.resource, -points),
    )


def _end_of(rating: Rating, months: int) -> Instant:
    """Until when points of the record's month stand."""
    if not months:
        return FOREVER
    end = rating.period.end
    for _ in range(months):
        end = month_of(end, rating.payer.time_zone).end
    return end
