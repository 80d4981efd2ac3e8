"""What is set aside for a session: out of `remaining` of its buckets, into `reserved`.

So all that looks at what an account has left sees what is available: other sessions, usage that has
already happened, gifts, expiry. What is lifted goes back to where it came from. A bucket that ends
or is void meanwhile takes along what is set aside of it: the session is paid for by what is next.
"""

from typing import NamedTuple

from msgspec.structs import replace

from streams.due.grants import GRANT, LIABILITY
from streams.due.made import moment
from streams.due.movement import Movement
from streams.model.account import Balances, Bucket, burn_order
from streams.model.charging_session import Hold
from streams.model.money import Quantity, added, minus
from streams.state import State, Table

Place = tuple[str, int, str]
"""A bucket's resource, start and id: one of those of its account that end together."""


class Taken(NamedTuple):
    """What a charge would take of a bucket; `bucket` is as it stood, or as it would be opened."""

    account: str
    bucket: Bucket
    quantity: Quantity


def place_of(bucket: Bucket) -> Place:
    """What tells a bucket apart from the others of its account."""
    return bucket.resource, bucket.start, bucket.id


def taken_between(account: str, before: Balances, after: Balances) -> list[Taken]:
    """What the account's buckets have lost between two moments."""
    if after is before:
        return []
    known = {(place_of(bucket), bucket.end): bucket for bucket in before.buckets}
    taken: list[Taken] = []
    for bucket in after.buckets:
        held = known.get((place_of(bucket), bucket.end)) or bucket.left_with(bucket.granted)
        quantity = added(held.remaining, minus(bucket.remaining))
        if quantity > 0:
            taken.append(Taken(account, held, quantity))
    return taken


def set_aside(
    tenant: str, taken: tuple[Taken, ...], state: State
) -> tuple[tuple[Hold, ...], list[Taken]]:
    """Put what would be taken apart; the holds, and those buckets that were opened for them."""
    holds: list[Hold] = []
    opened: list[Taken] = []
    for each in taken:
        key = f"{tenant}\0{each.account}".encode()
        balances: Balances = state.get(Table.BALANCES, key) or Balances()
        buckets = list(balances.buckets)
        place = _find(buckets, each.bucket)
        if place is None:
            buckets.append(each.bucket)
            buckets.sort(key=burn_order)
            place = buckets.index(each.bucket)
            if each.bucket.granted:
                opened.append(each)
        buckets[place] = _moved(buckets[place], minus(each.quantity))
        state.put(Table.BALANCES, key, replace(balances, buckets=tuple(buckets)))
        part = replace(each.bucket, granted=each.quantity, remaining=each.quantity, reserved=0)
        holds.append(Hold(each.account, part))
    return tuple(holds), opened


def lift(tenant: str, holds: tuple[Hold, ...], state: State) -> None:
    """Put what was held back; of a bucket that is over nothing comes back."""
    for hold in holds:
        key = f"{tenant}\0{hold.account}".encode()
        balances: Balances = state.get(Table.BALANCES, key) or Balances()
        buckets = list(balances.buckets)
        quantity = hold.bucket.remaining
        place = _find(buckets, hold.bucket, reserved=quantity)
        if place is not None:
            buckets[place] = _moved(buckets[place], quantity)
            state.put(Table.BALANCES, key, replace(balances, buckets=tuple(buckets)))


def grant_movement(opened: Taken) -> Movement:
    """A price plan's bucket was opened for a session, as its first usage would have done."""
    bucket = opened.bucket
    movement = Movement(
        GRANT, f"{opened.account}/{bucket.resource}/{moment(bucket.start)}", bucket.start
    )
    movement.move(bucket, bucket.granted, against=LIABILITY, before=0)
    return movement


def _find(buckets: list[Bucket], sought: Bucket, *, reserved: Quantity = 0) -> int | None:
    """Where the bucket stands, with so much set aside; its end may have been cut meanwhile."""
    found: int | None = None
    resource, start, name = place_of(sought)
    for at, bucket in enumerate(buckets):
        is_alike = bucket.resource == resource and bucket.start == start and bucket.id == name
        if is_alike and bucket.reserved >= reserved:
            if bucket.end == sought.end:
                return at
            found = at if found is None else found
    return found


def _moved(bucket: Bucket, quantity: Quantity) -> Bucket:
    """So much more is available, and so much less set aside."""
    remaining, reserved = added(bucket.remaining, quantity), added(bucket.reserved, minus(quantity))
    return replace(bucket, remaining=remaining, reserved=reserved)
