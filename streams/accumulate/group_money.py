"""Money of a subscription: a bucket of its own, that usage of no other subscription draws on.

What comes in for a subscription is there for it alone. Where the currency is `per: subscription`,
what its usage owes stands there too, so that each subscription has a debt of its own; the credit
limit stays the account's and bounds all of them together.
"""

from decimal import Decimal

from streams.accumulate.wallets import wallets_of
from streams.model.account import Bucket
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import CONTEXT, ZERO, Currency
from streams.rate.grant import balance_group, group_bucket
from streams.rate.rating import Rating


def group_money_place(buckets: list[Bucket], currency: Currency, group: str) -> int:
    """Where a subscription's money stands; a new empty bucket is put first.

    The account's own money stays last, where it is found at once.
    """
    name = group_bucket(group)
    for place, bucket in enumerate(buckets):
        if bucket.resource == currency and bucket.id == name and bucket.end == FOREVER:
            return place
    buckets.insert(0, Bucket(currency, BEGINNING, FOREVER, ZERO, ZERO, name, group=group))
    return 0


def means_of_group(rating: Rating, currency: Currency) -> tuple[int, list[int]]:
    """Where what the record's subscription owes stands, and what pays before it is owed.

    What the account has for all its subscriptions is among these.
    """
    buckets, group = rating.buckets, balance_group(rating.payer.assignment)
    own = group_money_place(buckets, currency, group)
    paying = [place for place in wallets_of(buckets, currency) if place != own]
    paying += [
        place
        for place, bucket in enumerate(buckets)
        if bucket.resource == currency and not bucket.id and not bucket.holder
    ]
    return own, paying


def floor_beside(buckets: list[Bucket], own: int, floor: Decimal | None) -> Decimal | None:
    """Down to what the money at a place may go: others may owe a part of the credit already."""
    if floor is None:
        return None
    currency = buckets[own].resource
    for place, bucket in enumerate(buckets):
        if bucket.resource == currency and bucket.remaining < 0 and place != own:
            floor = CONTEXT.subtract(floor, Decimal(bucket.remaining))
    return floor
