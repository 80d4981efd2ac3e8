"""Allowances burn down before overage: lines of the opposite sign take back what was priced.

The first units of a part are the free ones, so a graduated price keeps its tiers for what is left.
Allowances burn in the order of their priority; usage of a period takes buckets of that period.
"""

from streams.model.account import Bucket
from streams.model.catalog import Allowance
from streams.model.money import CONTEXT, Quantity
from streams.model.rated import BalanceChange, ChargeLine, Posting
from streams.rate.rating import Part, Rating

RULE = "allowance"


def find_allowances(rating: Rating) -> None:
    """Note which allowances of the offer have something left for this record."""
    start = rating.period.start
    for allowance in rating.offer.allowances:
        if allowance.zones and rating.zone not in allowance.zones:
            continue
        for place, bucket in enumerate(rating.buckets):
            if bucket.resource == allowance.id and bucket.start == start and bucket.remaining > 0:
                rating.burns.append((allowance, place))


def burn_allowances(rating: Rating) -> None:
    """Offset each part by what its allowances still hold."""
    for allowance, place in rating.burns:
        _burn(rating, allowance, place)


def _burn(rating: Rating, allowance: Allowance, place: int) -> None:
    bucket = rating.buckets[place]
    left = bucket.remaining
    for number, part in enumerate(rating.parts):
        if part.quantity <= 0 or not _covers(allowance, part):
            continue
        taken = min(left, part.quantity)
        rating.lines += _offsets(allowance, part, taken)
        rating.parts[number] = Part(
            part.unit, part.quantity - taken, part.used + taken, part.band, part.price
        )
        left -= taken
        if left <= 0:
            break
    burned = bucket.remaining - left
    if burned:
        resource, start = bucket.resource, bucket.start
        rating.changes.append(BalanceChange(resource, start, rating.opening_of(bucket), left))
        rating.buckets[place] = Bucket(resource, start, bucket.end, bucket.granted, left)
        rating.postings.append(Posting("account", resource, -burned))
        rating.postings.append(Posting("allowance_liability", resource, burned))


def _covers(allowance: Allowance, part: Part) -> bool:
    if part.unit not in allowance.usage_units:
        return False
    return not allowance.bands or part.band in allowance.bands


def _offsets(allowance: Allowance, part: Part, taken: Quantity) -> list[ChargeLine]:
    return [
        ChargeLine(
            RULE,
            allowance.id,
            line.unit,
            line.quantity,
            line.unit_amount,
            CONTEXT.minus(line.amount),
            line.detail,
        )
        for line in part.price.lines(taken, part.used)
    ]
