"""When: named parts of the local calendar, resolved to plain days and minutes."""

from typing import Literal

from msgspec import Struct

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Band(Struct, frozen=True, kw_only=True):
    """A named window: local minutes `[start, end)` of each day that it holds on.

    It holds on `weekdays`; where it is `dated`, only on those of them that are in `dates` (days
    since 1970-01-01) or in `yearly` (month * 100 + day, such as 501 for the first of May). An `end`
    at or before `start` runs into the following day, which the band need not hold on.
    """

    name: str
    weekdays: tuple[Weekday, ...]
    start: int
    end: int
    dated: bool = False
    dates: tuple[int, ...] = ()
    yearly: tuple[int, ...] = ()


class TimeUnit(Struct, frozen=True, kw_only=True):
    """Bands tried in their order by the clock of `time_zone`; `default` is all other time.

    Without a `time_zone` the clock is the account's.
    """

    id: str
    bands: tuple[Band, ...]
    default: str
    time_zone: str = ""
