"""Caps that many accounts share, on whichever partitions they live: terms, slices and the sum."""

from decimal import ROUND_DOWN, Decimal
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from streams.model.billing_period import BillingPeriod
from streams.model.eligibility import Eligibility
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.money import CONTEXT, ZERO, Currency

Bound = Literal["told", "slices"]
"""What bounds usage that has happened: the sum as last told, or the partition's own slice."""

FINEST: Final = Decimal("1e-12")


class SharedCap(Eligibility, frozen=True, kw_only=True):
    """What all usage that it is for may come to in a period, whoever's it is: `most`.

    Counts what accounts pay in `currency`, tax included, or quantities of `units`. `by` are words
    of which each combination of values has a cap of its own. Periods are in UTC: one period has to
    mean the same everywhere.
    """

    id: str
    most: Decimal
    every: BillingPeriod
    currency: Currency = ""
    units: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    bound: Bound = "told"


class CapSlice(Struct, frozen=True, array_like=True):
    """What one partition may use of a cap in a period, and what it has used.

    `granted` is its slice of `most`, `used` what accounts here bear of the cap, `reserved` what
    running sessions may still come to, `beyond` what happened although nothing was left. `others`
    is what all other partitions had used as of `as_of`; `is_last`: nothing more is to be had.
    `told` is what the owner of the sum has heard of `used`; `asked_at` when that was, and
    `is_asking` while its answer is under way. `promised` is what a session that is being charged
    was granted. `heard` is the number of the last message that told of the others. `is_past`: a
    level that is warned of was passed, and the owner has not heard of it.
    """

    end: Instant
    most: Decimal
    granted: Decimal
    used: Decimal = ZERO
    reserved: Decimal = ZERO
    beyond: Decimal = ZERO
    others: Decimal = ZERO
    as_of: Instant = BEGINNING
    is_last: bool = False
    told: Decimal = ZERO
    asked_at: Instant = BEGINNING
    is_asking: bool = False
    promised: Decimal = ZERO
    heard: int = -1
    is_past: bool = False

    def hears(self, others: Decimal, as_of: Instant, message_id: int) -> "CapSlice":
        """The same with what the others have used, unless something newer is known."""
        if message_id <= self.heard:
            return self
        return replace(self, others=others, as_of=as_of, heard=message_id)

    @property
    def unused(self) -> Decimal:
        """What is left of the slice; below zero where more has happened."""
        return CONTEXT.subtract(CONTEXT.subtract(self.granted, self.used), self.reserved)

    @property
    def left(self) -> Decimal:
        """What may still be authorised: of the slice, and not what others are known to have used.

        Below zero where more has happened.
        """
        return min(self.unused, self._known)

    @property
    def _known(self) -> Decimal:
        mine = CONTEXT.add(self.used, self.reserved)
        return CONTEXT.subtract(CONTEXT.subtract(self.most, self.others), mine)

    def room(self, bound: Bound) -> Decimal:
        """What of usage that has happened accounts still bear.

        By slices it is what is left of this one; by what is told, all that nobody is known to have
        used. What a session was promised it bears in any case.
        """
        room = self.unused if bound == "slices" else self._known
        return max(room, self.promised)


class CapPart(Struct, frozen=True, array_like=True):
    """One partition as the owner of the sum knows it, by its message number `heard`.

    It holds at most `granted`. It waits for `wanted`, if it `is_asking`; `is_recalled`: it was
    asked for what it does not need, and has not answered. It was `told` so much of the others.
    """

    partition: int
    granted: Decimal
    used: Decimal = ZERO
    heard: int = -1
    wanted: Decimal = ZERO
    is_asking: bool = False
    is_recalled: bool = False
    has_waited: bool = False
    told: Decimal = ZERO

    @property
    def taken(self) -> Decimal:
        """What of the cap is not to be had any more because of it."""
        return max(self.granted, self.used)

    @property
    def idle(self) -> Decimal:
        """What it may have without need."""
        return max(CONTEXT.subtract(self.granted, self.used), ZERO)


class CapSum(Struct, frozen=True, array_like=True):
    """The sum of a cap in a period, where it is kept: all partitions, in the order of numbers.

    `fired` are the levels that have been told, and told to be left again.
    """

    end: Instant = FOREVER
    most: Decimal = ZERO
    opening: Decimal = ZERO
    parts: tuple[CapPart, ...] = ()
    fired: tuple[tuple[str, Instant], ...] = ()

    @property
    def used(self) -> Decimal:
        """What all have used, as far as they have told."""
        total = ZERO
        for part in self.parts:
            total = CONTEXT.add(total, part.used)
        return total


def opening_slice(most: Decimal, partitions: int) -> Decimal:
    """What every partition has of a cap from the beginning of a period.

    One alone has all of it; of several, all together have half, and the other half goes to those
    that ask.
    """
    if partitions == 1:
        return most
    slice_ = CONTEXT.divide(most, Decimal(2 * partitions))
    return slice_.quantize(FINEST, ROUND_DOWN, CONTEXT)
