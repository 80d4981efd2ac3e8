"""Currencies, zone units, time units and usage types: do they say something, and only once."""

from collections.abc import Iterator

import pycountry

from connectors.catalog.form import BandForm, TimeUnitForm, ZoneUnitForm
from connectors.catalog.names import EVERYTHING_ELSE, Names
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.resolve import minute_of, weekdays_of
from connectors.catalog.sheets import Sheets
from streams.model.catalog import BAND, WEEKDAYS, ZONE

_DAY_MINUTES = 1440


def check_units(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report what is declared without sense."""
    for currency in sheets.currencies:
        code = currency.form.code
        if pycountry.currencies.get(alpha_3=code) is None:
            book.report(currency.place.at("code"), f'"{code}" is no currency of ISO 4217')
    for usage_type in sheets.usage_types:
        for word in (ZONE, BAND):
            if word in usage_type.form.attributes:
                place = usage_type.place.at("attributes", usage_type.form.attributes.index(word))
                book.report(place, f'"{word}" is what zone and time units find; choose another')
        if not usage_type.form.units:
            book.report(usage_type.place.at("units"), "expected at least one unit")
    for zone_unit in sheets.zone_units:
        _check_zones(zone_unit.form, zone_unit.place, book)
    for time_unit in sheets.time_units:
        _check_bands(time_unit.form, time_unit.place, book)
    if "tenant" not in sheets.settings and not book.problems:
        first = next(iter(_places(sheets)), Place(book.folder.name))
        book.report(Place(first.file), '"tenant" stands in none of the files')


def _places(sheets: Sheets) -> Iterator[Place]:
    for section in (sheets.price_plans, sheets.usage_types, sheets.currencies):
        for entry in section:
            yield entry.place


def _check_zones(unit: ZoneUnitForm, place: Place, book: ProblemBook) -> None:
    if not unit.rows:
        book.report(place.at("rows"), "expected at least one row")
    for prefix, zone in unit.rows.items():
        if prefix == EVERYTHING_ELSE:
            continue
        row = place.at("rows", prefix)
        if not prefix or "*" in prefix or prefix != prefix.strip():
            book.report(row, f'{prefix!r} is no prefix: expected its first characters, or "*"')
            continue
        shorter = next(
            (prefix[:size] for size in range(len(prefix) - 1, 0, -1) if prefix[:size] in unit.rows),
            EVERYTHING_ELSE,
        )
        if unit.rows.get(shorter) == zone:
            book.report(row, f'row changes nothing: "{shorter}" already leads to {zone}')


def _check_bands(unit: TimeUnitForm, place: Place, book: ProblemBook) -> None:
    taken: set[int] = set()
    for number, band in enumerate(unit.bands):
        minutes = _minutes(band)
        if not minutes - taken:
            book.report(
                place.at("bands", number),
                f'band "{band.band}" is never reached: bands before it hold all of its time',
            )
        taken |= minutes
    if len(taken) == _DAY_MINUTES * len(WEEKDAYS):
        book.report(
            place.at("default"), f'"{unit.default}" is never reached: the bands hold all of a week'
        )


def _minutes(band: BandForm) -> set[int]:
    start, end = minute_of(band.start), minute_of(band.end)
    length = (end if end > start else end + _DAY_MINUTES) - start
    week = _DAY_MINUTES * len(WEEKDAYS)
    return {
        (WEEKDAYS.index(weekday) * _DAY_MINUTES + start + minute) % week
        for weekday in weekdays_of(band.days)
        for minute in range(length)
    }
