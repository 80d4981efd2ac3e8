"""Roll-over: what is left of a bucket when it ends goes on in one of its own, once.

That one has the id of the first and `ROLLED`, and began when the first began: so of what ends at
the same time, what was rolled over burns first, since it cannot roll over again.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from streams.due.made import last_of, moment
from streams.due.moment import AccountMoment
from streams.due.movement import Movement, holder_of
from streams.model.account import Bucket, RollsOver, burn_order
from streams.model.instant import Instant
from streams.model.money import Quantity, added, minus
from streams.state import Table

ROLL_OVER: Final = "roll_over"
"""The usage type of what goes on in another period."""
ROLLED: Final = "+rolled"
"""What the id of a bucket ends with that was rolled over."""
_LIABILITY: Final = "allowance_liability"


def rolled_id(bucket: str) -> str:
    """The id of what is rolled over out of a bucket."""
    return bucket + ROLLED


def roll_over(end: Instant, at: AccountMoment) -> None:
    """Let what may of the buckets that end at `end` go on; what is too much of it is forfeited."""
    held = at.balances
    ending = [each for each in held.buckets if each.end == end and each.roll_over is not None]
    if not any(each.remaining > 0 for each in ending):
        return
    movement = Movement(ROLL_OVER, f"{at.account.account}/{moment(end)}", last_of(end))
    buckets = list(held.buckets)
    for bucket in ending:
        if bucket.remaining > 0 and bucket.roll_over is not None:
            _roll(bucket, bucket.roll_over, buckets, movement)
    buckets.sort(key=burn_order)
    at.state.put(Table.BALANCES, at.key, replace(held, buckets=tuple(buckets)))
    version = at.version_at(end)
    at.tell(movement.charge(holder_of(at.account), version=version, partition=at.partition))


def _roll(bucket: Bucket, terms: RollsOver, buckets: list[Bucket], movement: Movement) -> None:
    kept = min(bucket.remaining, terms.quantity)
    name = rolled_id(bucket.id)
    before = [
        each
        for each in buckets
        if each.resource == bucket.resource and each.id == name and each.end > bucket.end
    ]
    together = _sum(each.remaining for each in before)
    _cut(before, added(added(together, kept), minus(terms.quantity)), buckets, movement)
    left = added(bucket.remaining, minus(kept))
    movement.move(bucket, left, against=_LIABILITY, before=bucket.remaining)
    buckets[buckets.index(bucket)] = bucket.left_with(left)
    rolled = Bucket(
        bucket.resource,
        bucket.start,
        terms.until,
        kept,
        kept,
        name,
        bucket.priority,
        bucket.products,
        group=bucket.group,
    )
    movement.move(rolled, kept, against=_LIABILITY, before=0)
    buckets.append(rolled)


def _cut(
    before: Iterable[Bucket], excess: Quantity, buckets: list[Bucket], movement: Movement
) -> None:
    """Forfeit what was rolled over before as far as it is too much, what ends first at first."""
    for bucket in sorted(before, key=burn_order):
        lost = min(bucket.remaining, excess)
        if lost <= 0:
            continue
        left = added(bucket.remaining, minus(lost))
        movement.move(bucket, left, against=_LIABILITY, before=bucket.remaining)
        buckets[buckets.index(bucket)] = bucket.left_with(left)
        excess = added(excess, minus(lost))


def _sum(quantities: Iterable[Quantity]) -> Quantity:
    total: Quantity = 0
    for quantity in quantities:
        total = added(total, quantity)
    return total
