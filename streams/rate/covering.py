"""Allowances where usage can be taken back: what was consumed last is undone first.

That is the period's overage, in money at its price; then what was burned goes back to its buckets,
the last-burned first, at no money. What is more than all of it is given back in money.
"""

from collections.abc import Sequence

from streams.model.catalog import RECORD, Allowance
from streams.model.money import Quantity, added, minus
from streams.rate.burns import Burn, burns_of, post_burned
from streams.rate.parts import offsets, parts_of
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.spans import uncovered_total
from streams.rate.terms import OfferTerms
from streams.rate.uncovered import drawn, undone


def compile_covering(
    terms: OfferTerms, allowances: tuple[Allowance, ...], free: frozenset[str], rule: str
) -> Rule:
    """Offset what allowances cover, and count what they do not, nor promotions (`free` units)."""
    plan, usage_type, product = terms.plan.id, terms.offer.usage_type, terms.offer.product

    def cover(rating: Rating) -> None:
        open_ = tuple(each for each in allowances if not each.zones or rating.zone in each.zones)
        if not open_ and not free:
            return
        burns = burns_of(rating, open_, product, is_any=True)
        left: dict[int, Quantity] = {}
        parts = parts_of(rating)
        offset = 0
        for part in parts:
            if not part.quantity:
                continue
            if part.unit not in free and not any(_fits(each, part) for each in open_):
                continue
            total = uncovered_total(plan, usage_type, part.unit)
            first = undone(rating.used_of(total), part.quantity)
            fitting = [burn for burn in burns if _fits(burn[0], part)]
            rest = _cover(rating, part, fitting, first=first, left=left, rule=rule)
            if rest:
                rating.move(total, rest)
            else:
                offset += 1
        for place, remaining in left.items():
            post_burned(rating, rating.buckets[place].resource, remaining, place)
        rating.is_offset = offset == len(parts)

    return cover


def consumed(
    rating: Rating, part: Part, total: str, allowances: tuple[Allowance, ...], *, product: str
) -> Quantity:
    """What stands as overage, and what allowances gave: what is taken back undoes that first."""
    amount = max(0, rating.used_of(total))
    for allowance, place in burns_of(rating, allowances, product, is_any=True):
        if _fits(allowance, part):
            bucket = rating.buckets[place]
            amount = added(amount, added(bucket.granted, minus(bucket.remaining)))
    return amount


def _cover(  # noqa: PLR0913 - a part, what covers it, and what that leaves
    rating: Rating,
    part: Part,
    burns: Sequence[Burn],
    *,
    first: Quantity,
    left: dict[int, Quantity],
    rule: str,
) -> Quantity:
    """Offset what the buckets cover of a part beyond its `first` units; what they do not cover."""
    # By the record the covered units are the first; over a total they follow what is undone.
    used = part.used if part.price.reference in ("", RECORD) else added(part.used, first)
    open_ = added(part.quantity, minus(first))
    covered: Quantity = 0
    for allowance, place in burns if part.quantity > 0 else reversed(burns):
        bucket = rating.buckets[place]
        remaining = left.get(place, bucket.remaining)
        taken = drawn(remaining, bucket.granted, open_)
        if not taken:
            continue
        is_whole = part.lines and taken == part.quantity
        priced = part.lines if is_whole else part.price.lines(taken, used)
        rating.lines += offsets(rule, allowance.id, priced)
        left[place] = added(remaining, minus(taken))
        used, open_ = added(used, taken), added(open_, minus(taken))
        covered = added(covered, taken)
    return added(part.quantity, minus(covered))


def _fits(allowance: Allowance, part: Part) -> bool:
    """True where the part may burn it."""
    if part.unit not in allowance.usage_units:
        return False
    if allowance.bands and part.band not in allowance.bands:
        return False
    return part.allowances is None or allowance.id in part.allowances
