"""Holidays of countries and regions, out of the library `holidays`, as plain tables of days.

They are worked out when a catalog is loaded and stand in its version from then on, so that another
release of the library changes no charge.
"""

import re
from datetime import date
from functools import lru_cache

import holidays

from connectors.catalog.forms.when import HolidayCalendarForm
from connectors.errors import Refused
from streams.model.instant import DAY, instant_of_day

ANYHOLIDAY = "ANYHOLIDAY"
YEARS_MAX = 200

Days = tuple[set[int], set[int]]
"""Days since 1970-01-01, and days of every year as month * 100 + day."""


def holidays_of(calendar: HolidayCalendarForm) -> dict[str, Days]:
    """The calendar's days by the name of the holiday; Refused where country or years are wrong."""
    found: dict[str, Days] = {}
    if calendar.country:
        first, last = years_of(calendar)
        table = _of_country(
            calendar.country, calendar.region, first, last, observed=calendar.observed
        )
        unknown = [name for name in calendar.without if name not in table]
        if unknown:
            raise Refused(f'no holiday "{unknown[0]}"; there are: {", ".join(sorted(table))}')
        for name, days in table.items():
            if name not in calendar.without:
                found[name] = (set(days), set())
    for name, dates in calendar.days.items():
        dated, yearly = found.setdefault(name, (set(), set()))
        for text in dates:
            more_dated, more_yearly = days_of(text)
            dated |= more_dated
            yearly |= more_yearly
    return found


def years_of(calendar: HolidayCalendarForm) -> tuple[int, int]:
    """First and last year of the calendar; Refused where there are none."""
    if calendar.years is None:
        raise Refused('"years" is missing: expected a span such as 2024-2035')
    first, _, last = calendar.years.partition("-")
    if not 0 <= int(last) - int(first) < YEARS_MAX:
        raise Refused(f"expected 1 to {YEARS_MAX} years, found {calendar.years}")
    return int(first), int(last)


def days_of(text: str) -> Days:
    """`05-01`, `2026-05-01`, or a span of such days; Refused where it is no day."""
    first, _, last = text.partition("..")
    last = last or first
    if (len(first) == len("05-01")) != (len(last) == len("05-01")):
        raise Refused(f"{text}: expected both days with a year, or both without")
    try:
        if len(first) > len("05-01"):
            start, end = (instant_of_day(date.fromisoformat(day)) // DAY for day in (first, last))
            if not 0 <= end - start <= 366:
                raise Refused(f"{text}: expected a span of at most a year, forward in time")
            return set(range(start, end + 1)), set()
        start, end = (_day_of_year(day) for day in (first, last))
    except ValueError as error:
        raise Refused(f"{text} is no day of the calendar") from error
    # A leap year has all days that any year has; a span may go over the end of the year.
    every = [day.month * 100 + day.day for day in _leap_year()]
    inside = start <= end
    return set(), {
        day for day in every if (start <= day <= end if inside else day >= start or day <= end)
    }


def _day_of_year(text: str) -> int:
    day = date.fromisoformat(f"2000-{text}")
    return day.month * 100 + day.day


def _leap_year() -> list[date]:
    first = date(2000, 1, 1).toordinal()
    return [date.fromordinal(first + number) for number in range(366)]


@lru_cache(maxsize=64)
def _of_country(
    country: str, region: str, first: int, last: int, *, observed: bool
) -> dict[str, tuple[int, ...]]:
    try:
        languages = holidays.country_holidays(country).supported_languages
        table = holidays.country_holidays(
            country,
            subdiv=region or None,
            years=range(first, last + 1),
            expand=False,
            observed=observed,
            language="en_US" if "en_US" in languages else None,
        )
    except NotImplementedError as error:
        raise Refused(f"the library of holidays says: {error}") from error
    found: dict[str, set[int]] = {}
    for day in table:
        for name in table.get_list(day):
            found.setdefault(_slug(name), set()).add(instant_of_day(day) // DAY)
    return {name: tuple(sorted(days)) for name, days in sorted(found.items())}


def _slug(name: str) -> str:
    """`New Year's Day` → `new_years_day`."""
    return re.sub(r"\W+", "_", name.lower().replace("'", "")).strip("_")
