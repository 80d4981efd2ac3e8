"""What a record does to units that stay."""

from msgspec import Struct

from streams.model.account import RunningFee
from streams.model.days import Share
from streams.model.instant import Instant
from streams.model.money import Quantity


class DrivenChange(Struct, frozen=True, gc=False):
    """What a record adds to the quantity of the `fees` that it drives (negative: takes away)."""

    fees: tuple[str, ...]
    quantity: Quantity
    is_level: bool


class HeldChange(Struct, frozen=True, gc=False):
    """For which `share` of the period, `until` when, the units of a record are charged.

    `running` is what is held after it; None where nothing changes, since it charges for another
    period what is held already. `driven` is there where fees follow the units.
    """

    share: Share
    until: Instant
    running: RunningFee | None = None
    driven: DrivenChange | None = None
