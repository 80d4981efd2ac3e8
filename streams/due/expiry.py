"""Buckets whose period is over: what is left of them is forfeited, with postings of its own."""

from streams.due.made import last_of, made_position, make_record, moment
from streams.model.account import Account, Bucket
from streams.model.instant import Instant, Period
from streams.model.money import ZERO
from streams.model.rated import BalanceChange, Posting, RatedUsage

EXPIRY = "expiry"
"""The usage type of what was forfeited."""


def expire(
    account: Account, buckets: tuple[Bucket, ...], end: Instant, *, version: str, partition: int
) -> RatedUsage | None:
    """A charge of nothing that takes back what is left of buckets that end at `end`."""
    postings: list[Posting] = []
    changes: list[BalanceChange] = []
    for bucket in buckets:
        left = bucket.remaining
        if bucket.end == end and left:
            postings.append(Posting("account", bucket.resource, -left))
            postings.append(Posting("allowance_liability", bucket.resource, left))
            changes.append(BalanceChange(bucket.resource, bucket.start, left, 0))
    if not changes:
        return None
    at = last_of(end)
    record = make_record(
        EXPIRY,
        tenant=account.tenant,
        root=account.root,
        event_id=f"{account.account}/{moment(end)}",
        span=Period(at, at),
    )
    return RatedUsage(
        record,
        made_position(record, partition),
        account.account,
        account.root,
        "",
        "",
        "",
        account.currency,
        ZERO,
        "",
        "",
        (),
        tuple(postings),
        tuple(changes),
        version,
    )
