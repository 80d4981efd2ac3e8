"""Pools: accounts whose balances their members draw on. A pool is an account of the same root."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.instant import FOREVER, Instant
from streams.model.money import Quantity

PoolOrder = Literal["own_first", "pool_first"]
"""Whether a member's own balances are drawn on before those of the pool, or after."""


class PoolCap(Struct, frozen=True, array_like=True):
    """How much of one resource a member draws from the pool in a calendar month.

    A `hard` cap is never gone beyond: what is more is charged as if the pool were empty. A soft
    one only warns.
    """

    resource: str
    quantity: Quantity
    hard: bool = True


class Membership(Struct, frozen=True, array_like=True):
    """An account draws on a pool from `start` until `end`, within `caps`."""

    pool: str
    start: Instant
    end: Instant = FOREVER
    order: PoolOrder = "own_first"
    caps: tuple[PoolCap, ...] = ()


class Memberships(Struct, frozen=True, array_like=True):
    """The pools of an account, by rising start."""

    memberships: tuple[Membership, ...] = ()

    def joined(self, membership: Membership) -> "Memberships":
        """With a membership more; one of the same pool that overlaps it ends where it starts."""
        kept = [
            replace(each, end=min(each.end, membership.start))
            if each.pool == membership.pool and membership.start < each.end
            else each
            for each in self.memberships
            if each.pool != membership.pool or each.start < membership.start
        ]
        return Memberships(tuple(sorted((*kept, membership), key=_place)))

    def left(self, pool: str, end: Instant) -> "Memberships":
        """What is in force of a pool at `end` ends there; what would begin later does not."""
        return Memberships(
            tuple(
                replace(each, end=min(each.end, end)) if each.pool == pool else each
                for each in self.memberships
                if each.pool != pool or each.start < end
            )
        )

    def at(self, instant: Instant) -> tuple[Membership, ...]:
        """Those in force: from `start` on, before `end`."""
        return tuple(each for each in self.memberships if each.start <= instant < each.end)


def _place(membership: Membership) -> tuple[Instant, str]:
    return membership.start, membership.pool
