"""The pools that a record may draw on, while it is charged."""

from typing import Final, NamedTuple

from streams.model.account import Balances, Bucket
from streams.model.pool import Membership

RANK: Final = 2**32
"""More than any priority: the order of accounts goes before that of their buckets."""


def account_rank(bucket: Bucket) -> int:
    """Where the account that holds a bucket stands in the order they are drawn on; 0: the own."""
    return (bucket.priority + RANK // 2) // RANK


class Reached(NamedTuple):
    """An account that a member draws on; by which membership of which `member`, itself by none."""

    key: bytes
    member: bytes
    membership: Membership | None


class Drawn(NamedTuple):
    """A pool, what it holds, and each of its buckets as the record is shown it."""

    reached: Reached
    balances: Balances
    shown: tuple[Bucket, ...]
