"""Allowances burn down before overage: lines of the opposite sign take back what was priced.

The first units of a part are the free ones, so a graduated price keeps its tiers for what is left.
Allowances burn in the order of the offer; usage of a period takes buckets of that period.
"""

from streams.model.account import Bucket
from streams.model.catalog import Allowance
from streams.model.money import CONTEXT, Quantity
from streams.model.rated import ChargeLine, Posting
from streams.rate.rating import Part, Rating

RULE = "allowance"


def burn_allowances(rating: Rating) -> None:
    """Offset each part by what its allowances still hold."""
    for allowance in rating.offer.allowances:
        if allowance.zones and rating.zone not in allowance.zones:
            continue
        place = _bucket_of(rating, allowance.id)
        if place >= 0 and rating.buckets[place].remaining > 0:
            _burn(rating, allowance, place)


def _bucket_of(rating: Rating, resource: str) -> int:
    start = rating.period.start
    for place, bucket in enumerate(rating.buckets):
        if bucket.resource == resource and bucket.start == start:
            return place
    return -1


def _burn(rating: Rating, allowance: Allowance, place: int) -> None:
    bucket = rating.buckets[place]
    left = bucket.remaining
    for number, part in enumerate(rating.parts):
        if not _covers(allowance, part) or part.quantity <= 0:
            continue
        taken = min(left, part.quantity)
        rating.lines += _offsets(allowance, part, taken)
        rating.parts[number] = part._replace(quantity=part.quantity - taken, used=part.used + taken)
        left -= taken
        if left <= 0:
            break
    burned = bucket.remaining - left
    if burned:
        rating.buckets[place] = Bucket(
            bucket.resource, bucket.start, bucket.end, bucket.granted, left
        )
        rating.postings.append(Posting("account", allowance.id, -burned))
        rating.postings.append(Posting("allowance_liability", allowance.id, burned))


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
