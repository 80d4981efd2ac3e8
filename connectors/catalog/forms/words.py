"""Words that several sections use: names, dates, hours, spans."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from streams.model.rounding import RoundingScope

Id = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="A name: letters, digits, `_`, `.` and `-`",
    ),
]
Date = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$",
        description="A day (its beginning in UTC) or an instant with its offset",
        examples=["2026-01-01", "2026-01-01T00:00:00+01:00"],
    ),
]
Hour = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", description="Local time", examples=["08:00"]
    ),
]
Duration = Annotated[
    str, Meta(pattern=r"^\d+(s|m|h|d)$", description="A duration", examples=["1h", "2d"])
]
RoundingWord = Literal["half_up", "half_even", "half_down", "up", "down", "ceiling", "floor"]


class RoundingForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How exact amounts are rounded: by which mode, to how many digits after the point, and what:
    the sum of a `record`, each `line`, or all that a `period` comes to,
    which is the month or goes by `every`.

    What is left out is as the price plan, or the currency, says it.
    """

    mode: RoundingWord | None = None
    digits: Annotated[int, Meta(ge=0, le=12)] | None = None
    over: RoundingScope | None = None
    every: str | None = None
