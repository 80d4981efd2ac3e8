"""Time units and billing periods: words of days and hours → plain days and minutes."""

from collections.abc import Mapping
from typing import Final

from connectors.catalog.forms.when import (
    MONTH,
    BandForm,
    BillingPeriodForm,
    HolidayCalendarForm,
    TimeUnitForm,
)
from connectors.catalog.holidays import ANYHOLIDAY, Days, days_of, holidays_of
from connectors.catalog.resolution.dates import instant_at, minute_of
from connectors.errors import Refused
from streams.model.billing_period import PERIOD_UNITS, BillingPeriod
from streams.model.time_unit import WEEKDAYS, Band, TimeUnit, Weekday

_SPANS = {"ANYDAY": "mon-sun", "WEEKDAY": "mon-fri", "WEEKEND": "sat-sun"}
_ANYTIME = "ANYTIME"
Periods = Mapping[str, BillingPeriodForm]
CALENDAR: Final[dict[str, BillingPeriod]] = {
    unit: BillingPeriod(id=unit, unit=unit) for unit in PERIOD_UNITS
}
"""The periods that need no declaration: units of the calendar."""
Window = tuple[int, int]
"""Local minutes from, and until or, where that is not later, until the next day."""


def weekdays_of(days: tuple[str, ...]) -> tuple[Weekday, ...]:
    """`("fri-mon",)` → fri, sat, sun, mon, sorted by the week."""
    found: set[int] = set()
    for span in days:
        first, _, last = _SPANS.get(span, span).partition("-")
        if first not in WEEKDAYS:
            continue
        place = WEEKDAYS.index(first)
        until = WEEKDAYS.index(last or first)
        found |= {(place + step) % 7 for step in range((until - place) % 7 + 1)}
    return tuple(WEEKDAYS[place] for place in sorted(found))


def windows_of(band: BandForm) -> tuple[Window, ...]:
    """The windows of a band; without any, the whole day."""
    if not band.hours:
        return ((minute_of(band.start or "00:00"), minute_of(band.end or "24:00")),)
    windows: list[Window] = []
    for hours in band.hours:
        first, _, last = ("00:00-24:00" if hours == _ANYTIME else hours).partition("-")
        windows.append((minute_of(first), minute_of(last)))
    return tuple(windows)


def dated_days_of(band: BandForm, calendar: HolidayCalendarForm | None) -> Days:
    """The days that `holidays` and `dates` of a band name; Refused where they name none."""
    dated: set[int] = set()
    yearly: set[int] = set()
    if band.holidays:
        if calendar is None:
            raise Refused('"holidays" needs a calendar at the time unit')
        table = holidays_of(calendar)
        for name in band.holidays:
            if name != ANYHOLIDAY and name not in table:
                known = ", ".join(sorted(table))
                raise Refused(f'no holiday "{name}"; there are: {ANYHOLIDAY}, {known}')
            for known_name, days in table.items():
                if name in (ANYHOLIDAY, known_name):
                    dated |= days[0]
                    yearly |= days[1]
    for text in band.dates:
        more_dated, more_yearly = days_of(text)
        dated |= more_dated
        yearly |= more_yearly
    return dated, yearly


def by_weight(unit: TimeUnitForm) -> list[tuple[int, BandForm]]:
    """The bands with their places in the list, in the order they are tried."""
    return sorted(enumerate(unit.bands), key=lambda entry: -entry[1].weight)


def time_unit(unit: TimeUnitForm, calendars: Mapping[str, HolidayCalendarForm]) -> TimeUnit:
    """The model's time unit, its bands in the order they are tried."""
    calendar = calendars.get(unit.calendar)
    bands: list[Band] = []
    for _, band in by_weight(unit):
        dated, yearly = dated_days_of(band, calendar)
        bands.extend(
            Band(
                name=band.band,
                weekdays=weekdays_of(band.days),
                start=start,
                end=end,
                dated=bool(band.holidays or band.dates),
                dates=tuple(sorted(dated)),
                yearly=tuple(sorted(yearly)),
            )
            for start, end in windows_of(band)
        )
    return TimeUnit(id=unit.id, bands=tuple(bands), default=unit.default, time_zone=unit.time_zone)


def billing_period(each: BillingPeriodForm) -> BillingPeriod:
    """The model's billing period."""
    anchor = each.anchor
    return BillingPeriod(
        id=each.id,
        unit=each.unit,
        every=each.every,
        anchor=None if anchor.at is None else instant_at(anchor.at),
        month=anchor.month or 1,
        day=anchor.day or 1,
        weekday=WEEKDAYS.index(anchor.weekday or "mon"),
        minute=minute_of(anchor.time or "00:00"),
        time_zone=each.time_zone,
    )


def period_named(name: str, periods: Periods) -> BillingPeriod:
    """A declared billing period, or a unit of the calendar."""
    return billing_period(periods[name]) if name in periods else CALENDAR[name]


def own_period(name: str, periods: Periods) -> BillingPeriod | None:
    """The same, and none for the calendar month of the account: what has that needs no own one."""
    return None if name == MONTH and name not in periods else period_named(name, periods)
