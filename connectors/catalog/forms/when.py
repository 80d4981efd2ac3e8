"""When: holiday calendars, time units, billing periods."""

from typing import Annotated

from msgspec import Meta, Struct, field

from connectors.catalog.forms.words import Date, Hour, Id
from streams.model.billing_period import PeriodUnit
from streams.model.time_unit import Weekday

MONTH = "month"
"""The usual period: the calendar month of the account."""
_WEEKDAY = "(mon|tue|wed|thu|fri|sat|sun)"
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = r"(\d{4}-)?\d\d-\d\d"

Days = Annotated[
    str,
    Meta(
        pattern=rf"^(ANYDAY|WEEKDAY|WEEKEND|{_WEEKDAY}(-{_WEEKDAY})?)$",
        description="A weekday, a span of them, WEEKDAY (mon-fri), WEEKEND (sat-sun) or ANYDAY",
        examples=["mon-fri", "sun", "WEEKEND"],
    ),
]
Hours = Annotated[
    str,
    Meta(
        pattern=rf"^(ANYTIME|{_HOUR}-({_HOUR}|24:00))$",
        description="A window of local time, or ANYTIME",
        examples=["08:00-12:00", "22:00-06:00"],
    ),
]
Dates = Annotated[
    str,
    Meta(
        pattern=rf"^{_DAY}(\.\.{_DAY})?$",
        description="A day of every year or of one year, or a span of days, both ends included",
        examples=["05-01", "2026-05-01", "12-24..01-02"],
    ),
]
YearSpan = Annotated[
    str,
    Meta(pattern=r"^\d{4}-\d{4}$", description="First and last year", examples=["2024-2035"]),
]


class HolidayCalendarForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days that are holidays: those of a country and region in `years`, and `days` of one's own.

    `observed`: where a holiday falls on a day off, the day that makes up for it counts too.
    `without` are names of the country's holidays that don't count.
    """

    id: Id
    country: str = ""
    region: str = ""
    years: YearSpan | None = None
    observed: bool = True
    days: dict[Id, tuple[Dates, ...]] = {}
    without: tuple[str, ...] = ()


class BandForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the time; a window that ends at or before its start runs into the next day.

    It holds on `days` of the week; with `holidays` or `dates` only on those of them that are one of
    either. Of bands with the same `weight` the one listed first wins, else the heavier one.
    """

    band: Id
    days: tuple[Days, ...] = ("ANYDAY",)
    holidays: tuple[str, ...] = ()
    dates: tuple[Dates, ...] = ()
    hours: tuple[Hours, ...] = ()
    start: Hour | None = field(default=None, name="from")
    end: Hour | None = field(default=None, name="to")
    weight: int = 0


class TimeUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When: bands by the clock of `time_zone`, or of the account's; `default` is the rest.

    `calendar` is the holiday calendar of its bands.
    """

    id: Id
    bands: tuple[BandForm, ...]
    default: Id
    time_zone: str = ""
    calendar: str = ""


class AnchorForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where periods begin: an instant (`at`), or words that fit the unit of the period.

    `day` is that of the month, and the month's last where it has fewer; `month` that of a year or
    quarter; `time` the local time.
    """

    at: Date | None = None
    month: Annotated[int, Meta(ge=1, le=12)] | None = None
    day: Annotated[int, Meta(ge=1, le=31)] | None = None
    weekday: Weekday | None = None
    time: Hour | None = None


class BillingPeriodForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How time is cut into periods: `every` so many units from the anchor on, in a time zone."""

    id: Id
    unit: PeriodUnit
    every: Annotated[int, Meta(ge=1, le=1200)] = 1
    anchor: AnchorForm = AnchorForm()
    time_zone: str = ""
