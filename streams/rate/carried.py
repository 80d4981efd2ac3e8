"""Usage that an allowance had nothing left for, owed to the next grant of it.

It stands below zero in a bucket of its own. What is granted next pays it at once; what is given or
converted does not.
"""

from collections.abc import Sequence
from typing import Final

from streams.model.account import Bucket, burn_order
from streams.model.catalog import Allowance
from streams.model.instant import BEGINNING, FOREVER
from streams.model.money import Quantity, added, minus
from streams.rate.burns import Burn, post_burned
from streams.rate.rating import Rating

CARRIED: Final = "+carried"
"""The id of the bucket of what is owed."""


def is_debt(bucket: Bucket) -> bool:
    """True of what the account itself owes of an allowance."""
    return bucket.id == CARRIED and not bucket.holder


def debt_place(buckets: Sequence[Bucket], resource: str) -> int | None:
    """Where it stands what the account owes of an allowance."""
    for place, bucket in enumerate(buckets):
        if bucket.resource == resource and is_debt(bucket):
            return place
    return None


def open_debt(buckets: list[Bucket], resource: str) -> int:
    """Where it stands; a new one is put last, and has nothing in it."""
    place = debt_place(buckets, resource)
    if place is None:
        place = len(buckets)
        buckets.append(Bucket(resource, BEGINNING, FOREVER, 0, 0, CARRIED))
    return place


def later_burns(rating: Rating, allowance: Allowance, product: str) -> list[Burn]:
    """Buckets of the account that begin after the record, and after them what it owes already."""
    name = allowance.id
    at = max(rating.record.occurred_at, rating.span_of(name).start)
    buckets = rating.buckets
    later = [
        place
        for place, bucket in enumerate(buckets)
        if bucket.resource == name
        and at < bucket.start
        and not bucket.holder
        and (not bucket.products or product in bucket.products)
    ]
    later.sort(key=lambda place: burn_order(buckets[place]))
    debt = debt_place(buckets, name)
    return [(allowance, place) for place in (*later, *(() if debt is None else (debt,)))]


def paid_by(bucket: Bucket, buckets: Sequence[Bucket]) -> tuple[int, Quantity]:
    """Where it stands what is owed of a bucket's resource, and how much of it the bucket pays."""
    place = debt_place(buckets, bucket.resource)
    if place is None or bucket.products or is_debt(bucket):
        return 0, 0
    return place, max(0, min(minus(buckets[place].remaining), bucket.remaining))


def pay_debt(rating: Rating, bucket: Bucket) -> None:
    """A bucket that a record has opened pays what is owed."""
    debt, paid = paid_by(bucket, rating.buckets)
    if paid:
        place = rating.buckets.index(bucket)
        post_burned(rating, bucket.resource, added(bucket.remaining, minus(paid)), place)
        owed = added(rating.buckets[debt].remaining, paid)
        post_burned(rating, bucket.resource, owed, debt)
