"""What is held of buckets, at every position of the ledger."""

from collections import defaultdict
from decimal import Decimal

from streams.memory import MemoryState
from streams.model.account import Account, Bucket
from streams.model.instant import Instant
from streams.session.moving import is_away
from streams.state import Table

Place = tuple[bytes, str, Instant, str]
"""An account's key, a resource, a start, an id."""


def check_held(state: MemoryState) -> list[str]:
    """What is set aside of a bucket is what the sessions that run hold of it; none is overdrawn.

    A bucket that has ended took along what was held of it, so then less may be set aside. Of an
    account that is on its way buckets and sessions come one after the other: it is left out.
    """
    held: dict[Place, Decimal] = defaultdict(Decimal)
    ends: dict[Place, set[Instant]] = defaultdict(set)
    for session in state.table(Table.SESSIONS).values():
        for service in session.services:
            for hold in service.holds:
                place = _place(f"{session.tenant}\0{hold.account}".encode(), hold.bucket)
                held[place] += Decimal(hold.bucket.remaining)
                ends[place].add(hold.bucket.end)
    problems = []
    reserved: dict[Place, Decimal] = defaultdict(Decimal)
    for key, balances in state.table(Table.BALANCES).items():
        for bucket in balances.buckets:
            place = _place(key, bucket)
            reserved[place] += Decimal(bucket.reserved)
            ends[place].discard(bucket.end)
            if bucket.remaining < 0 or bucket.reserved < 0:
                problems.append(f"{key!r} is overdrawn: {bucket}")
    for place in held.keys() | reserved.keys():
        account: Account | None = state.get(Table.ACCOUNTS, place[0])
        if account is None or is_away(account, state):
            continue
        if reserved[place] > held[place] or (reserved[place] < held[place] and not ends[place]):
            problems.append(f"{place} has {reserved[place]} set aside, held is {held[place]}")
    return problems


def _place(key: bytes, bucket: Bucket) -> Place:
    return key, bucket.resource, bucket.start, bucket.id
