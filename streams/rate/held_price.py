"""The price of units that stay: what they cost for a whole period, for their share of it.

Tiers are chosen by all units held; what is taken away comes off the top. A tier's flat amount is
due whole, once a period, when the period's highest number of units reaches the tier, and stays
where they fall back. The highest is kept for each price plan as `peak:<price plan>:<accumulator>`
among the account's running totals.
"""

from collections.abc import Callable

from msgspec.structs import replace

from streams.model.price import NOTHING
from streams.model.prices import Graduated, PriceKind, Tier
from streams.model.rated import ChargeLine
from streams.model.usage import Usage
from streams.outcome import Reject
from streams.rate.no_price import no_price
from streams.rate.price_table import PriceTable
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.rating import Rating
from streams.rate.rule import Rule
from streams.rate.shared import shared
from streams.rate.spans import peak_total
from streams.rate.terms import OfferTerms

_PartOf = Callable[[PriceKind], PriceKind]


def compile_held_price(terms: OfferTerms) -> Rule:
    """Append the lines of each unit's price, and of the tiers that are entered."""
    by_time, at_once = _table(terms, _without_flats), _table(terms, _flats_alone)
    has_flats = any(_has_flats(price.price) for price in terms.offer.prices)

    def price_held(rating: Rating) -> Reject | None:
        assert rating.holding is not None
        attributes = by_time.words_of(rating)
        prices = by_time.prices_for(attributes, "", "")
        flats = at_once.prices_for(attributes, "", "") if has_flats else {}
        for usage in rating.record.usages:
            price = prices.get(usage.unit)
            if price is None:
                return no_price(rating, usage.unit, "")
            used = rating.used_of(price.reference) if price.reference else 0
            if price.limit is not None and used + usage.quantity > price.limit:
                return no_price(rating, usage.unit, "", why="quantity not covered")
            flat = flats.get(usage.unit)
            if isinstance(flat, GraduatedPrice):
                _enter_tiers(rating, flat, usage, terms.plan.id)
            if usage.quantity:
                lines = price.lines(usage.quantity, used)
                part, whole = rating.holding.share
                rating.lines += lines if part == whole else shared(lines, part, whole)
            for accumulator in terms.moves.get(usage.unit, ()):
                rating.move(accumulator, usage.quantity)
        for accumulator in terms.counts:
            rating.moved[accumulator] = 1
        return None

    return price_held


def _enter_tiers(rating: Rating, price: GraduatedPrice, usage: Usage, plan: str) -> None:
    """The flat amounts of tiers that no number of units has reached in this period so far."""
    reference = price.reference
    name = peak_total(plan, reference)
    peak = rating.used_of(name)
    higher = rating.used_of(reference) + usage.quantity - peak
    if price.opening and not rating.has_opened(name):
        rating.lines += price.opening
        rating.move(name, 0)
    if higher > 0:
        rating.lines += [_at_once(line) for line in price.lines(higher, peak) if line.amount]
        rating.move(name, higher)


def _at_once(line: ChargeLine) -> ChargeLine:
    """What is due whatever the number of units: they stand in lines of their own."""
    return replace(line, quantity=0)


def _table(terms: OfferTerms, part_of: _PartOf) -> PriceTable:
    prices = tuple(replace(price, price=part_of(price.price)) for price in terms.offer.prices)
    return PriceTable(replace(terms, offer=replace(terms.offer, prices=prices)))


def _has_flats(kind: PriceKind) -> bool:
    return isinstance(kind, Graduated) and any(tier.flat_amount for tier in kind.tiers)


def _without_flats(kind: PriceKind) -> PriceKind:
    if not isinstance(kind, Graduated):
        return kind
    tiers = tuple(Tier(tier.up_to, tier.unit_amount) for tier in kind.tiers)
    return replace(kind, tiers=tiers)


def _flats_alone(kind: PriceKind) -> PriceKind:
    if not isinstance(kind, Graduated):
        return kind
    tiers = tuple(Tier(tier.up_to, NOTHING, tier.flat_amount) for tier in kind.tiers)
    return replace(kind, tiers=tiers, beyond="free")
