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
_minus = CONTEXT.minus


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
    parts, lines = rating.parts, rating.lines
    units, bands, name = allowance.usage_units, allowance.bands, allowance.id
    held = left = rating.buckets[place].remaining
    is_followed = len(rating.burns) > 1
    for number, part in enumerate(parts):
        unit, quantity, used, band = part.unit, part.quantity, part.used, part.band
        if quantity <= 0 or unit not in units or (bands and band not in bands):
            continue
        if part.lines and quantity <= left:
            taken, priced = quantity, part.lines
            rating.offset += 1
        else:
            taken = min(left, quantity)
            priced = part.price.lines(taken, used)
        if is_followed:
            parts[number] = Part(unit, quantity - taken, used + taken, band, part.price, ())
        for line in priced:
            lines.append(
                ChargeLine(
                    RULE,
                    name,
                    unit,
                    line.quantity,
                    line.unit_amount,
                    _minus(line.amount),
                    line.detail,
                )
            )
        left -= taken
        if left <= 0:
            break
    if left != held:
        _post(rating, name, left, place)


def _post(rating: Rating, resource: str, left: Quantity, place: int) -> None:
    """The bucket holds `left` from now on; what is gone is no longer owed to the customer."""
    bucket = rating.buckets[place]
    start, burned = bucket.start, bucket.remaining - left
    rating.changes.append(BalanceChange(resource, start, rating.opening_of(bucket), left))
    rating.buckets[place] = Bucket(resource, start, bucket.end, bucket.granted, left)
    rating.postings += (
        Posting("account", resource, -burned),
        Posting("allowance_liability", resource, burned),
    )
