"""Policies: what may be asked for at all, whoever pays: models, tools, sizes, steps, hours."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

PolicyAction = Literal["stop", "throttle", "downgrade"]


class UsePolicy(Struct, frozen=True, kw_only=True):
    """One condition on requests of `usage_types` (none: all) that are as `when` says.

    Of an `attribute` its values must be `allowed` (a `*` at the end stands for any rest), or it is
    a number of `most` at most; of a `unit` a session may use `most`; or the time must lie in one of
    the `bands` of `time_unit`. What is not is stopped; or throttled: it is granted at a `rate`, or
    less of the unit is; or it is granted with the attributes `instead`. `reason` is told with it.
    """

    id: str
    usage_types: tuple[str, ...] = ()
    when: dict[str, str] = {}
    attribute: str = ""
    allowed: tuple[str, ...] = ()
    unit: str = ""
    most: Decimal | None = None
    time_unit: str = ""
    bands: tuple[str, ...] = ()
    otherwise: PolicyAction = "stop"
    instead: dict[str, str] = {}
    reason: str = ""
    rate: str = ""
