"""What partitions say to each other of a cap that their accounts share.

The owner of the sum hears what each has used, and hands out what is left in slices. What is granted
and given back are amounts to add, each counted once by its message's id: so they may come in any
order, and the owner never knows of less than what is out.
"""

from decimal import Decimal

from msgspec import Struct

from streams.model.instant import Instant


class ReportCap(Struct, frozen=True, array_like=True, tag=41):
    """A partition has `used` so much of a cap in all, and gives back `returned`.

    It `wants` so much more, and waits for the answer where it `is_asking`. Goes to the owner of the
    sum; `answers` a recall.
    """

    command_id: str
    sender: int
    message_id: int
    tenant: str
    cap: str
    start: Instant
    end: Instant
    most: Decimal
    used: Decimal
    wanted: Decimal
    is_asking: bool
    returned: Decimal
    answers: bool


class GrantSlice(Struct, frozen=True, array_like=True, tag=42):
    """So much more of a cap for a partition, and what the others had used as of `as_of`.

    `is_last`: nobody has any to spare.
    """

    command_id: str
    sender: int
    message_id: int
    tenant: str
    cap: str
    start: Instant
    quantity: Decimal
    others: Decimal
    as_of: Instant
    is_last: bool


class RecallSlice(Struct, frozen=True, array_like=True, tag=43):
    """Others need what this partition may have without need of a cap: it gives some back.

    `others` is what they had used as of `as_of`. Not `returns`: it only hears of that.
    """

    command_id: str
    sender: int
    message_id: int
    tenant: str
    cap: str
    start: Instant
    end: Instant
    most: Decimal
    others: Decimal
    as_of: Instant
    returns: bool = True


OfCap = ReportCap | GrantSlice | RecallSlice
"""The messages of a cap that is shared."""
