"""What a record does to units that stay."""

from msgspec import Struct

from streams.model.account import RunningFee
from streams.model.days import Share
from streams.model.instant import Instant


class HeldChange(Struct, frozen=True, gc=False):
    """For which `share` of the period, `until` when, the units of a record are charged.

    `running` is what is held after it; None where nothing changes, since it charges for another
    period what is held already.
    """

    share: Share
    until: Instant
    running: RunningFee | None = None
