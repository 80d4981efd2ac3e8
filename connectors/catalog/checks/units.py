"""Currencies, zone units, time units and usage types: do they say something, and only once."""

from collections.abc import Iterator

import pycountry

from connectors.catalog.checks.when import check_when
from connectors.catalog.checks.where import check_zone_unit
from connectors.catalog.forms.words import RoundingForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.sheets import Sheets
from streams.model.catalog import BAND, ZONE


def check_units(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report what is declared without sense."""
    for currency in sheets.currencies:
        limit = currency.form.approval_limit
        if limit is not None and limit < 0:
            place = currency.place.at("approval_limit")
            book.report(place, f"expected 0 or more, found {limit}")
        code = currency.form.code
        if pycountry.currencies.get(alpha_3=code) is None:
            book.report(currency.place.at("code"), f'"{code}" is no currency of ISO 4217')
        rounding = currency.form.rounding
        if isinstance(rounding, RoundingForm) and None not in (
            rounding.digits,
            currency.form.digits,
        ):
            book.report(currency.place.at("digits"), 'stands in "rounding" as well: expected once')
    for usage_type in sheets.usage_types:
        for word in (ZONE, BAND):
            if word in usage_type.form.attributes:
                place = usage_type.place.at("attributes", usage_type.form.attributes.index(word))
                book.report(place, f'"{word}" is what zone and time units find; choose another')
        if not usage_type.form.units:
            book.report(usage_type.place.at("units"), "expected at least one unit")
    for zone_unit in sheets.zone_units:
        check_zone_unit(zone_unit.form, zone_unit.place, sheets, book)
    check_when(sheets, names, book)
    if "tenant" not in sheets.settings and not book.problems:
        first = next(iter(_places(sheets)), Place(book.folder.name))
        book.report(Place(first.file), '"tenant" stands in none of the files')


def _places(sheets: Sheets) -> Iterator[Place]:
    for section in (sheets.price_plans, sheets.usage_types, sheets.currencies):
        for entry in section:
            yield entry.place
