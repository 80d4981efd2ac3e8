"""Rating groups: does each lead to units that the catalog prices, by numbers that are exact."""

from typing import Final

from connectors.catalog.forms.rating_groups import CountForm, RatingGroupForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Sheets

FINEST: Final = 10**12
"""Quantities have twelve digits after the point: whatever divides this comes out even."""
_VOLUMES: Final = {"total_volume": ("input_volume", "output_volume")}


def check_rating_groups(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report rating groups that nothing could price, and subscribers that no rule reaches."""
    numbers: set[int] = set()
    for entry in sheets.rating_groups:
        form, place = entry.form, entry.place
        if form.number in numbers:
            book.report(place.at("number"), f"rating group {form.number} stands here twice")
        numbers.add(form.number)
        _check_counts(form, place, names, book)
        _check_attributes(form, place, names, book)
    prefixes: list[str] = []
    for rule in sheets.subscribers:
        before = next((each for each in prefixes if rule.form.prefix.startswith(each)), None)
        if before is not None:
            message = f'"{before}" stands before it and fits all that it fits'
            book.report(rule.place.at("prefix"), message)
        prefixes.append(rule.form.prefix)


def _check_counts(form: RatingGroupForm, place: Place, names: Names, book: ProblemBook) -> None:
    usage_type = names.usage_types.get(form.usage_type)
    if usage_type is None:
        message = unknown("usage type", form.usage_type, names.usage_types)
        book.report(place.at("usage_type"), message)
    if form.is_free and (form.counts or form.quota):
        book.report(place.at("free"), 'stands beside "counts" or "quota": what is free has none')
    if not form.counts and not form.is_free:
        book.report(place, '"counts" are missing: expected at least one, or "free"')
    units, counts = set[str](), set[str]()
    for number, each in enumerate(form.counts):
        below = place.at("counts", number)
        if usage_type is not None and each.unit not in usage_type.units:
            book.report(below.at("unit"), unknown("unit", each.unit, set(usage_type.units)))
        if each.unit in units:
            book.report(below.at("unit"), f'"{each.unit}" is counted here twice')
        if each.count in counts or counts & set(_VOLUMES.get(each.count, ())):
            book.report(below.at("count"), f'"{each.count}" is counted here twice')
        if "total_volume" in counts and each.count in _VOLUMES["total_volume"]:
            book.report(below.at("count"), f'"{each.count}" is part of "total_volume"')
        _check_per(each, below, book)
        units.add(each.unit)
        counts.add(each.count)


def _check_per(form: CountForm, place: Place, book: ProblemBook) -> None:
    if FINEST % form.per:
        message = f"expected a divisor of 10^12, so that nothing is rounded, found {form.per}"
        book.report(place.at("per"), message)


def _check_attributes(form: RatingGroupForm, place: Place, names: Names, book: ProblemBook) -> None:
    usage_type = names.usage_types.get(form.usage_type)
    known: set[str] = set()
    for number, each in enumerate(form.attributes):
        below = place.at("attributes", number)
        if usage_type is not None and each.name not in usage_type.attributes:
            message = unknown("attribute", each.name, set(usage_type.attributes))
            book.report(below.at("name"), message)
        if each.name in known:
            book.report(below.at("name"), f'"{each.name}" stands here twice')
        if not each.sources and not each.value:
            book.report(below, 'expected "sources" or a "value"')
        known.add(each.name)
