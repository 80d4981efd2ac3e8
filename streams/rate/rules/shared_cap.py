"""Caps that accounts share: what of a record the partition's slice does not bear.

What is beyond is taken off as what is beyond an account's own cap: see `take_funds`. What an
account did not bear is remembered among its totals, so that usage that is taken back gives it no
more than it has borne.
"""

from decimal import ROUND_DOWN, Decimal

from streams.caps.slices import CapPeriod, CapUse, slice_of
from streams.model.billing_period import period_at
from streams.model.commission import ZONE
from streams.model.fee import FEE
from streams.model.instant import Period
from streams.model.money import CONTEXT, ZERO
from streams.model.shared_cap import SharedCap
from streams.rate.covering import SHARED
from streams.rate.eligibility import compile_eligibility, is_for
from streams.rate.levels import Level
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.spans import capped_total, escaped
from streams.rate.terms import OfferTerms


def compile_shared_caps(terms: OfferTerms) -> Rule | None:
    """Note what the record takes of each cap that it counts for."""
    levels = terms.money.cap_levels
    caps = [_Cap(each, levels.get(each.id, ())) for each in caps_of(terms)]
    if not caps:
        return None

    def bound_by_caps(rating: Rating) -> None:
        for cap in caps:
            cap.bound(rating)

    return bound_by_caps


def caps_of(terms: OfferTerms) -> list[SharedCap]:
    """The caps that an offer's records may count for."""
    if terms.offer.usage_type == FEE:
        return []
    return [
        each
        for each in terms.money.shared_caps
        if is_for(each, terms)
        and each.currency in ("", terms.plan.currency)
        and (not each.units or not set(each.units).isdisjoint(terms.units))
    ]


class _Cap:
    """One cap."""

    __slots__ = ("_applies", "_cap", "_levels", "_total", "_units")

    def __init__(self, cap: SharedCap, levels: tuple[Level, ...]) -> None:
        self._cap = cap
        self._levels = tuple(level.at for level in levels)
        self._applies = compile_eligibility(cap)
        self._units = frozenset(cap.units)
        self._total = capped_total(cap.id)

    def bound(self, rating: Rating) -> None:
        if not self._applies(rating):
            return
        quantity = self._quantity(rating)
        if not quantity:
            return
        assert rating.state is not None
        tenant = rating.record.tenant
        most, levels = self._cap.most, self._levels
        cap = CapPeriod(tenant, self._name(rating), self._period(rating), most, levels)
        held = slice_of(cap, rating.partitions, rating.state)
        if quantity > ZERO:
            room = held.room(self._cap.bound)
            if not self._units:
                room = room.quantize(rating.plan.quantum, ROUND_DOWN, CONTEXT)
            beyond = max(CONTEXT.subtract(quantity, room), ZERO)
        else:
            borne_not = Decimal(rating.used_of(self._total))
            beyond = max(quantity, CONTEXT.minus(borne_not))
        if beyond:
            rating.move(self._total, beyond)
            self._take_off(rating, quantity, beyond)
        taken = CONTEXT.subtract(quantity, beyond)
        each = CapUse(cap, held, taken, beyond, rating.closed_before)
        rating.shared = (*rating.shared, each)

    def _take_off(self, rating: Rating, quantity: Decimal, beyond: Decimal) -> None:
        over = beyond
        if self._units:
            share = CONTEXT.multiply(rating.amount, CONTEXT.divide(beyond, quantity))
            over = share.quantize(rating.plan.quantum, None, CONTEXT)
        if over:
            rating.caps = (*rating.caps, (SHARED, over))

    def _quantity(self, rating: Rating) -> Decimal:
        if not self._units:
            return rating.amount
        total = ZERO
        for usage in rating.record.usages:
            if usage.unit in self._units:
                total = CONTEXT.add(total, usage.quantity)
        return total

    def _name(self, rating: Rating) -> str:
        words = (f"/{word}={escaped(rating.word(word) or '')}" for word in self._cap.by)
        return self._cap.id + "".join(words)

    def _period(self, rating: Rating) -> Period:
        """The period that holds the record; where that is closed, the one that is open."""
        every, closed = self._cap.every, rating.closed_before
        period = period_at(rating.record.occurred_at, every, ZONE)
        return period if period.end > closed else period_at(closed, every, ZONE)
