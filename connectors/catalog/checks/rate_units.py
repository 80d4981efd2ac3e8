"""Service types, rate units and their map: one derivation each, and one way for a record."""

from itertools import combinations
from typing import Final

from connectors.catalog.checks.asked import is_of_payer, scope_over, unknown_below, wrong_value
from connectors.catalog.compile import FUNCTIONS
from connectors.catalog.form import UsageTypeForm
from connectors.catalog.forms.rate_units import MeterForm, RateUnitForm, RateUnitMapForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.resolution.rate_units import rate_unit_map, units_of
from connectors.catalog.sheets import Entry, Sheets
from streams.expression import Kind, check_expression
from streams.model.rate_unit import TRANSACTION_TYPE
from streams.rate.asked import names_below
from streams.rate.plain_usage import ACCOUNT as ACCOUNT_FIELD
from streams.rate.plain_usage import ACCUMULATORS, DURATION, UNITS, WORDS

DIGITS_MAX: Final = 18
_DERIVATIONS: Final = ("expression", "function", "meter")
_KINDS: Final[dict[str, Kind]] = {
    TRANSACTION_TYPE: "string",
    DURATION: "number",
    UNITS: "map",
    ACCOUNT_FIELD: "map",
    ACCUMULATORS: "map",
}


_MEMBERS: Final[dict[str, Kind]] = {UNITS: "number", ACCUMULATORS: "number"}


def check_rate_units(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report service types of nothing, rate units that derive nothing, ways that overlap."""
    used = {entry.form.service_type for entry in sheets.usage_types}
    for service_type in sheets.service_types:
        if service_type.form.id not in used:
            book.report(
                service_type.place, f'service type "{service_type.form.id}" has no usage type'
            )
    for usage_type in sheets.usage_types:
        _check_service_type(usage_type, names, book)
    for unit in sheets.rate_units:
        _check_unit(unit.form, unit.place, sheets, names, book)
    mapped = {entry.form.rate_unit for entry in sheets.rate_unit_maps}
    for unit in sheets.rate_units:
        if unit.form.id not in mapped:
            book.report(unit.place, f'rate unit "{unit.form.id}" stands in no rate_unit_maps')
    for row in sheets.rate_unit_maps:
        _check_map(row, sheets, names, book)
    for first, second in combinations(sheets.rate_unit_maps, 2):
        if _overlap(first.form, second.form):
            book.report(
                second.place,
                f"overlaps {first.place.file}{first.place.pointer}: a record of service type"
                f' "{second.form.service_type}" and transaction type'
                f' "{second.form.transaction_type}" can be of both',
            )


def _check_service_type(entry: Entry[UsageTypeForm], names: Names, book: ProblemBook) -> None:
    usage_type = entry.form
    if not usage_type.service_type:
        return
    if usage_type.service_type not in names.service_types:
        message = unknown("service type", usage_type.service_type, names.service_types)
        book.report(entry.place.at("service_type"), message)
    if names.is_derived(usage_type.id):
        for number, name in enumerate(usage_type.attributes):
            if name in WORDS and name != TRANSACTION_TYPE:
                message = f'"{name}" stands for something else in rate units; choose another'
                book.report(entry.place.at("attributes", number), message)


def _check_unit(
    unit: RateUnitForm, place: Place, sheets: Sheets, names: Names, book: ProblemBook
) -> None:
    if unit.service_type not in names.service_types:
        message = unknown("service type", unit.service_type, names.service_types)
        book.report(place.at("service_type"), message)
        return
    forms = [entry.form for entry in sheets.usage_types]
    units = units_of(unit.service_type, forms)
    if unit.unit and unit.unit not in units:
        book.report(place.at("unit"), unknown("unit", unit.unit, dict.fromkeys(units)))
    if not unit.unit and len(units) != 1:
        found = ", ".join(units) or "none"
        book.report(place, f'"unit" is missing: its service type has several or none: {found}')
    given = [word for word in _DERIVATIONS if getattr(unit, word)]
    if len(given) != 1:
        told = " and ".join(given) or "none"
        book.report(place, f"expected exactly one of {', '.join(_DERIVATIONS)}, found {told}")
    if unit.function and unit.function not in FUNCTIONS.quantities:
        installed = ", ".join(sorted(FUNCTIONS.quantities)) or "none"
        message = f'no quantity function "{unit.function}" is installed; there are: {installed}'
        book.report(place.at("function"), message)
    known = {
        name for each in forms if each.service_type == unit.service_type for name in each.attributes
    }
    _check_expression(unit, place.at("expression"), (known, set(units)), names, book)
    _check_driving(unit, place, sheets, book)
    if unit.meter is not None:
        _check_meter(unit.meter, place.at("meter"), (known, set(units)), book)


def _check_driving(unit: RateUnitForm, place: Place, sheets: Sheets, book: ProblemBook) -> None:
    """What drives a fee's quantity are units that stay."""
    if not unit.drives_recurring:
        return
    for entry in sheets.usage_types:
        if entry.form.service_type == unit.service_type and not entry.form.held:
            message = f"units of usage type {entry.form.id} do not stay: say `held` there"
            book.report(place.at("drives_recurring"), message)
    fees = (fee for plan in sheets.price_plans for fee in plan.form.fees)
    if not any(fee.driven_by == unit.id for fee in fees):
        book.report(place.at("drives_recurring"), f'no fee is driven_by "{unit.id}"')


def _check_expression(
    unit: RateUnitForm,
    place: Place,
    known: tuple[set[str], set[str]],
    names: Names,
    book: ProblemBook,
) -> None:
    if unit.expression is None:
        return
    attributes, units = known
    fields: dict[str, Kind] = dict.fromkeys(attributes, "string")
    scope = scope_over({**fields, **_KINDS}, _MEMBERS, names)
    for problem in check_expression(unit.expression, scope, wanted="number"):
        book.report(place, problem)
    for problem in unknown_below(unit.expression, names):
        book.report(place, problem)
    for name in names_below(unit.expression, ACCUMULATORS):
        if name not in names.accumulators:
            book.report(place, unknown("accumulator", name, names.accumulators))
    for name in names_below(unit.expression, UNITS):
        if name not in units:
            book.report(place, unknown("unit", name, units))


def _check_meter(
    meter: MeterForm, place: Place, known: tuple[set[str], set[str]], book: ProblemBook
) -> None:
    attributes, units = known
    for word in ("reading", "register", "meter", "end_reading"):
        name = getattr(meter, word)
        if not name or name in attributes or (word == "reading" and name in units):
            continue
        kind = "attribute or unit" if word == "reading" else "attribute"
        there = attributes | units if word == "reading" else attributes
        book.report(place.at(word), unknown(kind, name, there))
    if meter.end_reading and not meter.meter:
        book.report(place.at("end_reading"), 'needs "meter", which says that it was exchanged')
    if meter.digits is not None and not 1 <= meter.digits <= DIGITS_MAX:
        book.report(place.at("digits"), f"expected 1 to {DIGITS_MAX}, found {meter.digits}")
    if meter.most is not None and meter.most <= 0:
        book.report(place.at("most"), f"expected more than 0, found {meter.most}")


def _check_map(
    entry: Entry[RateUnitMapForm], sheets: Sheets, names: Names, book: ProblemBook
) -> None:
    row, place = entry.form, entry.place
    if row.service_type not in names.service_types:
        message = unknown("service type", row.service_type, names.service_types)
        book.report(place.at("service_type"), message)
    unit = names.rate_units.get(row.rate_unit)
    if unit is None:
        book.report(place.at("rate_unit"), unknown("rate unit", row.rate_unit, names.rate_units))
    elif unit.service_type != row.service_type:
        message = f'"{unit.id}" is of service type "{unit.service_type}"'
        book.report(place.at("rate_unit"), message)
    known = {
        name
        for each in sheets.usage_types
        if each.form.service_type == row.service_type
        for name in each.form.attributes
    }
    for word, value in row.when.items():
        wrong = wrong_value(word, value, names)
        if not (word in known or is_of_payer(word, names)):
            message = unknown("attribute", word, known | names.declared())
            book.report(place.at("when", word), message)
        elif wrong is not None:
            book.report(place.at("when", word), wrong)
    for word, text in (("from", row.start), ("until", row.end)):
        if text and instant_at(text) is None:
            book.spoil(place.at(word), f'"{text}" is no date: expected one like 2026-01-31')
    resolved = rate_unit_map(row)
    if resolved.end <= resolved.start:
        book.report(place.at("until"), f"{row.end} is not after {row.start}")


def _overlap(first: RateUnitMapForm, second: RateUnitMapForm) -> bool:
    """True where a record can be of both, and neither asks for more than the other."""
    one, other = rate_unit_map(first), rate_unit_map(second)
    return (
        one.service_type == other.service_type
        and one.transaction_type == other.transaction_type
        and one.start < other.end
        and other.start < one.end
        and len(one.when) == len(other.when)
        and all(other.when.get(word, value) == value for word, value in one.when.items())
    )
