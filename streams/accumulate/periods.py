"""Periods of an account, opened at first touch.

A grant opens its bucket when the first usage of its period comes: the month's, or that of a billing
period. The old one stays open beside the new one until the partition's time has passed its end and
the catalog's grace; usage takes buckets of its own period meanwhile. What is left then is
forfeited: see `streams/due`.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from streams.model.account import Bucket, burn_order
from streams.model.instant import Instant, Period, month_of
from streams.model.money import Quantity
from streams.model.rated import BalanceChange, Posting
from streams.rate.carried import pay_debt
from streams.rate.grant import (
    PlanGrant,
    balance_group,
    group_bucket,
    plan_bucket,
    supplement_bucket,
)
from streams.rate.rating import Rating


def period_of(occurred_at: Instant, zone_name: str, *, closed_before: Instant) -> Period:
    """The month a record counts in: its own, or the open one where its own is closed."""
    period = month_of(occurred_at, zone_name)
    if period.end <= closed_before:
        return month_of(closed_before, zone_name)
    return period


def open_period(rating: Rating, closed_before: Instant) -> None:
    """Open the grants of the record's periods that are not open yet, with their postings."""
    plan, buckets = rating.plan, rating.buckets
    start, end = rating.period
    if plan.spans:
        rating.closed_before = closed_before
    for grant in plan.grants:
        resource = grant.allowance
        if plan.spans:
            start, end = rating.span_of(resource)
        if not grant.is_plain:
            _open_by_terms(rating, grant, Period(start, end))
            continue
        for bucket in buckets:
            if bucket.resource == resource and bucket.start == start and not bucket.id:
                break
        else:
            quantity, priority = grant.quantity, grant.priority
            opened = Bucket(resource, start, end, quantity, quantity, priority=priority)
            open_bucket(rating, opened)


def _open_by_terms(rating: Rating, grant: PlanGrant, period: Period) -> None:
    """Open what is not granted to all alike, unless the time has a bucket already."""
    assignment, name, group = rating.payer.assignment, "", ""
    if grant.per_subscription:
        group = balance_group(assignment)
        name = group_bucket(group)
        group = grant.group_of(group)
    if grant.supplement:
        service_id, assignment = rating.payer.supplements[grant.supplement - 1]
        name = supplement_bucket(service_id)
    at = max(rating.record.occurred_at, period.start)
    if has_bucket(rating.buckets, grant.allowance, at, name):
        return
    start = period.start
    if grant.opens == "period" or grant.supplement:
        start = max(start, assignment.start)
    assigned = Period(assignment.start, assignment.end)
    account = rating.payer.account
    opened = plan_bucket(grant, period, start, assigned=assigned, account=account)
    open_bucket(rating, replace(opened, id=name, group=group) if name else opened)


def has_bucket(buckets: Iterable[Bucket], resource: str, at: Instant, name: str = "") -> bool:
    """True where price plans have granted something for the time: those of accounts, or the
    supplement whose buckets have the name."""
    return any(
        bucket.resource == resource and bucket.id == name and bucket.start <= at < bucket.end
        for bucket in buckets
    )


def open_bucket(rating: Rating, bucket: Bucket) -> None:
    """Grant what the bucket holds, with its postings."""
    rating.granted = (*rating.granted, bucket)
    rating.buckets.append(bucket)
    rating.buckets.sort(key=burn_order)
    _post_grant(rating, bucket, bucket.granted)


def fill_bucket(rating: Rating, bucket: Bucket) -> None:
    """Grant what the bucket holds, into the one that is open already for the same time.

    Two of one resource, start and id could not be told apart by whoever holds something of them.
    """
    alike = (bucket.resource, bucket.start, bucket.end, bucket.id, bucket.group)
    for place, held in enumerate(rating.buckets):
        own = (held.resource, held.start, held.end, held.id, held.group)
        if own == alike and not held.holder:
            rating.buckets[place] = filled = held.filled_with(bucket.granted)
            rating.changes.append(
                BalanceChange(held.resource, held.start, held.remaining, filled.remaining, held.id)
            )
            _post_grant(rating, filled, bucket.granted)
            return
    open_bucket(rating, bucket)


def _post_grant(rating: Rating, bucket: Bucket, quantity: Quantity) -> None:
    resource = bucket.resource
    if quantity:
        rating.postings.append(Posting("account", resource, quantity))
        rating.postings.append(Posting("allowance_liability", resource, -quantity))
    if resource in rating.plan.carried:
        pay_debt(rating, bucket)
