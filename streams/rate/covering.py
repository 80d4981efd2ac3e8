"""Allowances where usage can be taken back, or takes them at a weight, or may not go beyond them.

What is taken back undoes what was consumed last. That is the period's overage, in money at its
price; then what was burned goes back to its buckets, the last-burned first, at no money. What is
more than all of it is given back in money.

Where an allowance refuses what is beyond it, nothing that burns after it is drawn on, and what is
left of the record is not the account's to pay. Where it carries that, the buckets to come are drawn
on, and then it is owed.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from streams.model.catalog import RECORD, Allowance
from streams.model.money import CONTEXT, ZERO, Quantity, added, minus
from streams.rate.burns import Burn, burns_finder, post_burned
from streams.rate.carried import is_debt, later_burns, open_debt
from streams.rate.parts import offsets, parts_of
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.spans import uncovered_total
from streams.rate.terms import OfferTerms
from streams.rate.uncovered import drawn, takes_back, undone
from streams.rate.weight import Weight, draw, weights_of

REFUSED = ""
"""The cap of what no allowance lets be used: in place of a total it has the share beyond it."""
SHARED = "/"
"""A cap that accounts share: in place of a total it has the amount beyond it."""
_ONE = Decimal(1)


def compile_covering(
    terms: OfferTerms, allowances: tuple[Allowance, ...], free: frozenset[str], rule: str
) -> Rule:
    """Offset what allowances cover, and count what they do not, nor promotions (`free` units)."""
    plan, usage_type, product = terms.plan.id, terms.offer.usage_type, terms.offer.product
    weights = weights_of(allowances, terms)
    carried = [each for each in allowances if each.overage == "carried"]
    refused = [each for each in allowances if each.overage == "refused"]
    is_counted, find_burns = takes_back(terms), burns_finder(allowances)

    def cover(rating: Rating) -> None:
        open_ = tuple(each for each in allowances if not each.zones or rating.zone in each.zones)
        if not open_ and not free:
            return
        burns = find_burns(rating, open_, product, is_any=True)
        if carried:
            burns = [burn for burn in burns if not is_debt(rating.buckets[burn[1]])]
        for each in carried:
            if each in open_:
                burns += later_burns(rating, each, product)
        left: dict[int, Quantity] = {}
        parts = parts_of(rating)
        offset, beyond = 0, set[str]()
        for part in parts:
            if not part.quantity or (part.quantity < 0 and not is_counted):
                continue
            fitting = [burn for burn in burns if _fits(burn[0], part)]
            if part.unit not in free and not any(_fits(each, part) for each in open_):
                continue
            total = uncovered_total(plan, usage_type, part.unit)
            first = undone(rating.used_of(total), part.quantity) if is_counted else 0
            shut = _shut(fitting) if refused else ""
            if shut and part.quantity > 0:
                fitting = _up_to(shut, fitting)
            rest = _cover(rating, part, fitting, weights, first=first, left=left, rule=rule)
            if rest > 0 and carried and not shut:
                rest = _carry(rating, part, rest, weights, carried=open_, left=left, rule=rule)
            if rest and is_counted:
                rating.move(total, rest)
            if rest and shut:
                beyond.add(part.unit)
            offset += not rest
        for place, remaining in left.items():
            post_burned(rating, rating.buckets[place].resource, remaining, place)
        rating.is_offset = offset == len(parts)
        if beyond:
            _refuse(rating, beyond)

    return cover


def consumed(  # noqa: PLR0913 - a part, and what it undoes first
    rating: Rating,
    part: Part,
    total: str,
    allowances: tuple[Allowance, ...],
    weights: Mapping[str, Weight],
    *,
    product: str,
) -> Quantity:
    """What stands as overage, and what allowances gave: what is taken back undoes that first."""
    amount = max(0, rating.used_of(total))
    for allowance, place in burns_finder(allowances)(rating, allowances, product, is_any=True):
        if _fits(allowance, part):
            bucket = rating.buckets[place]
            gone = added(bucket.granted, minus(bucket.remaining))
            if weights:
                gone = weights[allowance.id].worth(rating, part, gone)
            amount = added(amount, gone)
    return amount


def _cover(  # noqa: PLR0913 - a part, what covers it, and what that leaves
    rating: Rating,
    part: Part,
    burns: Sequence[Burn],
    weights: Mapping[str, Weight],
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
        if weights:
            weight = weights[allowance.id]
            taken, burned = draw(weight, rating, part, place=place, left=remaining, wanted=open_)
        else:
            taken = burned = drawn(remaining, bucket.granted, open_)
        if not burned:
            continue
        is_whole = part.lines and taken == part.quantity
        priced = part.lines if is_whole else part.price.lines(taken, used)
        rating.lines += offsets(rule, allowance.id, priced)
        left[place] = added(remaining, minus(burned))
        used, open_ = added(used, taken), added(open_, minus(taken))
        covered = added(covered, taken)
    return added(part.quantity, minus(covered))


def _carry(  # noqa: PLR0913 - a part, what is left of it, and whose debt that is
    rating: Rating,
    part: Part,
    rest: Quantity,
    weights: Mapping[str, Weight],
    *,
    carried: Sequence[Allowance],
    left: dict[int, Quantity],
    rule: str,
) -> Quantity:
    """What is left of a part is owed, where an allowance that it may burn carries it."""
    for allowance in carried:
        if allowance.overage == "carried" and _fits(allowance, part):
            place = open_debt(rating.buckets, allowance.id)
            done = added(part.quantity, minus(rest))
            owed = Part(
                part.unit, rest, added(part.used, done), part.band, part.price, (), part.allowances
            )
            burns = ((allowance, place),)
            return _cover(rating, owed, burns, weights, first=0, left=left, rule=rule)
    return rest


def _shut(burns: Sequence[Burn]) -> str:
    """The first allowance to burn that refuses what is beyond it; none where there is none."""
    return next((each.id for each, _ in burns if each.overage == "refused"), "")


def _up_to(shut: str, burns: Sequence[Burn]) -> list[Burn]:
    """What burns before an allowance, and all of its own buckets."""
    first = next(number for number, (each, _) in enumerate(burns) if each.id == shut)
    own = [burn for burn in burns[first:] if burn[0].id == shut]
    return [*burns[:first], *own]


def _refuse(rating: Rating, units: set[str]) -> None:
    """Note which share of what the record costs is for units that were not to be used."""
    total = beyond = ZERO
    for line in rating.lines:
        total = CONTEXT.add(total, line.amount)
        if line.unit in units:
            beyond = CONTEXT.add(beyond, line.amount)
    if beyond:
        share = CONTEXT.divide(beyond, total) if total else _ONE
        rating.caps = (*rating.caps, (REFUSED, share if 0 < share < 1 else _ONE))


def _fits(allowance: Allowance, part: Part) -> bool:
    """True where the part may burn it."""
    if part.unit not in allowance.usage_units:
        return False
    if allowance.bands and part.band not in allowance.bands:
        return False
    return part.allowances is None or allowance.id in part.allowances
