"""Periods of an account, folded forward lazily: opened at first touch, closed past their grace.

A monthly grant opens its bucket when the first usage of the month comes. The old month stays open
beside the new one until the partition's time has passed its end and the catalog's grace; usage
takes buckets of its own month meanwhile. What is left of a closed bucket is forfeited.
"""

from streams.model.account import Bucket
from streams.model.instant import Instant, Period, month_of
from streams.model.money import Quantity
from streams.model.rated import BalanceChange, Posting
from streams.rate.rating import Rating


def period_of(occurred_at: Instant, zone_name: str, *, closed_before: Instant) -> Period:
    """The month a record counts in: its own, or the open one where its own is closed."""
    period = month_of(occurred_at, zone_name)
    if period.end <= closed_before:
        return month_of(closed_before, zone_name)
    return period


def open_period(rating: Rating, closed_before: Instant) -> None:
    """Close what has ended, open the grants of the record's month; each with its postings."""
    buckets = rating.buckets
    # Buckets stand in the order they end, money last.
    if buckets and buckets[0].end <= closed_before:
        _close(rating, closed_before)
    start = rating.period.start
    for resource, quantity in rating.plan.grants:
        for bucket in buckets:
            if bucket.resource == resource and bucket.start == start:
                break
        else:
            _grant(rating, resource, quantity)


def _close(rating: Rating, closed_before: Instant) -> None:
    for bucket in rating.buckets:
        if bucket.end <= closed_before and bucket.remaining:
            left = bucket.remaining
            rating.postings.append(Posting("account", bucket.resource, -left))
            rating.postings.append(Posting("allowance_liability", bucket.resource, left))
            rating.changes.append(BalanceChange(bucket.resource, bucket.start, left, 0))
    rating.buckets[:] = [bucket for bucket in rating.buckets if bucket.end > closed_before]


def _grant(rating: Rating, resource: str, quantity: Quantity) -> None:
    start, end = rating.period
    bucket = Bucket(resource, start, end, quantity, quantity)
    rating.granted = (*rating.granted, bucket)
    rating.buckets.append(bucket)
    rating.buckets.sort(key=_burn_order)
    rating.postings.append(Posting("account", resource, quantity))
    rating.postings.append(Posting("allowance_liability", resource, -quantity))


def _burn_order(bucket: Bucket) -> tuple[Instant, Instant, str]:
    return bucket.end, bucket.start, bucket.resource
