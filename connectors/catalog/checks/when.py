"""Time units, holiday calendars, billing periods: are they days and hours, is each reached."""

import zoneinfo

from connectors.catalog.forms.when import (
    AnchorForm,
    BandForm,
    BillingPeriodForm,
    HolidayCalendarForm,
    TimeUnitForm,
)
from connectors.catalog.holidays import holidays_of
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.resolution.when import (
    CALENDAR,
    by_weight,
    dated_days_of,
    weekdays_of,
    windows_of,
)
from connectors.catalog.sheets import Sheets
from connectors.errors import Refused
from streams.model.account_period import BILLING_CYCLE
from streams.model.instant import zone
from streams.model.time_unit import WEEKDAYS

_DAY_MINUTES = 1440
_ANCHOR_WORDS = {
    "hour": {"at", "time"},
    "day": {"at", "time"},
    "week": {"at", "weekday", "time"},
    "month": {"at", "day", "month", "time"},
    "quarter": {"at", "day", "month", "time"},
    "year": {"at", "day", "month", "time"},
}


def check_when(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report days and hours that are none, and bands that no time falls into."""
    unread = {
        calendar.form.id
        for calendar in sheets.holiday_calendars
        if not _check_calendar(calendar.form, calendar.place, book)
    }
    for unit in sheets.time_units:
        _check_time_zone(unit.form.time_zone, unit.place, book)
        if unit.form.calendar and unit.form.calendar not in names.holiday_calendars:
            message = unknown("holiday calendar", unit.form.calendar, names.holiday_calendars)
            book.report(unit.place.at("calendar"), message)
        elif unit.form.calendar not in unread:
            _check_dated(unit.form, unit.place, names, book)
        _check_bands(unit.form, unit.place, book)
    for period in sheets.billing_periods:
        if period.form.id == BILLING_CYCLE:
            message = f'"{BILLING_CYCLE}" is the account\'s own: expected another name'
            book.report(period.place.at("id"), message)
        _check_period(period.form, period.place, book)


def _check_calendar(calendar: HolidayCalendarForm, place: Place, book: ProblemBook) -> bool:
    """False where its days are not known: then nothing is said of the bands that go by them."""
    for word in ("region", "years", "without"):
        if getattr(calendar, word) and not calendar.country:
            book.report(place.at(word), 'stands only beside "country"')
    if not calendar.country and not calendar.days:
        book.report(place, 'expected a "country", or "days" of your own')
    if calendar.years == "":
        return False
    try:
        holidays_of(calendar)
    except Refused as error:
        book.spoil(place, str(error))
        return False
    return True


def _check_time_zone(name: str, place: Place, book: ProblemBook) -> None:
    if not name:
        return
    try:
        zone(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message = f'"{name}" is no time zone: expected one like Europe/Zurich'
        book.report(place.at("time_zone"), message)


def _check_dated(unit: TimeUnitForm, place: Place, names: Names, book: ProblemBook) -> None:
    calendar = names.holiday_calendars.get(unit.calendar)
    for number, band in enumerate(unit.bands):
        try:
            dated_days_of(band, calendar)
        except Refused as error:
            word = "holidays" if "holiday" in str(error) else "dates"
            book.report(place.at("bands", number, word), str(error))


def _check_bands(unit: TimeUnitForm, place: Place, book: ProblemBook) -> None:
    """Bands of certain days alone never hide others: what they name may change by the year."""
    taken: set[int] = set()
    for number, band in by_weight(unit):
        if band.hours and (band.start is not None or band.end is not None):
            below = place.at("bands", number, "hours")
            book.report(below, 'stands beside "from" or "to": expected either')
        minutes = _minutes(band)
        if not minutes - taken:
            book.report(
                place.at("bands", number),
                f'band "{band.band}" is never reached: bands before it hold all of its time',
            )
        if not band.holidays and not band.dates:
            taken |= minutes
    if len(taken) == _DAY_MINUTES * len(WEEKDAYS):
        book.report(
            place.at("default"), f'"{unit.default}" is never reached: the bands hold all of a week'
        )


def _minutes(band: BandForm) -> set[int]:
    week = _DAY_MINUTES * len(WEEKDAYS)
    found: set[int] = set()
    for start, end in windows_of(band):
        length = (end if end > start else end + _DAY_MINUTES) - start
        for weekday in weekdays_of(band.days):
            first = WEEKDAYS.index(weekday) * _DAY_MINUTES + start
            found |= {(first + minute) % week for minute in range(length)}
    return found


def _check_period(period: BillingPeriodForm, place: Place, book: ProblemBook) -> None:
    _check_time_zone(period.time_zone, place, book)
    anchor, below = period.anchor, place.at("anchor")
    given = {word for word in AnchorForm.__struct_fields__ if getattr(anchor, word) is not None}
    for word in sorted(given - _ANCHOR_WORDS[period.unit]):
        allowed = ", ".join(sorted(_ANCHOR_WORDS[period.unit]))
        message = f"a {period.unit} is anchored by {allowed}, not by {word}"
        book.report(below.at(word), message)
    if anchor.at is not None and given != {"at"}:
        book.report(below.at("at"), "says the whole anchor: expected nothing beside it")
    if anchor.at is not None and instant_at(anchor.at) is None:
        message = f'"{anchor.at}" is no date: expected one like 2026-01-31'
        book.report(below.at("at"), message)


def check_granted_period(name: str, place: Place, names: Names, book: ProblemBook) -> None:
    """Report a name that is neither one of those, nor that of the account's own bill units."""
    known = {*names.billing_periods, *CALENDAR, BILLING_CYCLE}
    if name not in known:
        book.report(place, unknown("billing period", name, known))


def check_period_named(name: str, place: Place, names: Names, book: ProblemBook) -> None:
    """Report a name that is neither a billing period nor a unit of the calendar."""
    known = set(names.billing_periods) | set(CALENDAR)
    if name not in known:
        book.report(place, unknown("billing period", name, known))
