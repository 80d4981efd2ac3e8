"""Attributes and segments: is each of its type, does each expression lead somewhere."""

from collections.abc import Iterator
from typing import Final

from connectors.catalog.checks.asked import HOLDERS, scope_of, unknown_below
from connectors.catalog.forms.attributes import AttributeForm, SegmentForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.attributes import plain_attribute
from connectors.catalog.sheets import Sheets
from streams.expression import Scope, check_expression
from streams.model.attribute import expected_of, read_value
from streams.rate.asked import names_below
from streams.rate.plain_usage import ACCUMULATORS

_PARTS: Final = ("product", "session")
"""Totals of what only a record says: no segment can look at them."""


def check_attributes(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report attributes that no value fits, and segments that nothing can be said of."""
    for attribute in sheets.attributes:
        _check_attribute(attribute.form, attribute.place, book)
    for segment in sheets.segments:
        _check_segment(segment.form, segment.place, names, book)
    _check_usage_types(sheets, names, book)


def _check_attribute(form: AttributeForm, place: Place, book: ProblemBook) -> None:
    if form.type == "choice" and not form.values:
        book.report(place, 'a choice has "values": expected at least one')
    if form.type != "choice" and form.values:
        book.report(place.at("values"), "stands only at a choice")
    for number, value in enumerate(form.values):
        if not value or value in form.values[:number]:
            message = f'"{value}" stands here twice' if value else "expected a text"
            book.report(place.at("values", number), message)
    plain = plain_attribute(form)
    if form.default and read_value(plain, form.default) is None:
        message = f'"{form.default}" is no value of it: expected {expected_of(plain)}'
        book.report(place.at("default"), message)


def _check_segment(form: SegmentForm, place: Place, names: Names, book: ProblemBook) -> None:
    below = place.at("expression")
    for problem in _problems_of(form, names):
        book.report(below, problem)


def _problems_of(form: SegmentForm, names: Names) -> Iterator[str]:
    known = scope_of(names, segments=False)
    fields = {**known.fields, "account": "map", "status": "map", ACCUMULATORS: "map"}
    members = {**known.members, ACCUMULATORS: "number", "status": "string"}
    scope = Scope(fields, members=members, named=known.named)
    yield from check_expression(form.expression, scope, wanted="bool")
    yield from unknown_below(form.expression, names)
    for name in names_below(form.expression, ACCUMULATORS):
        accumulator = names.accumulators.get(name)
        if name not in names.totals():
            yield unknown("accumulator", name, names.totals())
        elif accumulator is not None and (accumulator.by or accumulator.per in _PARTS):
            yield f'accumulator "{name}" is kept apart by what only a record says'


def _check_usage_types(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """A word leads to one thing alone."""
    taken = names.declared() | {each for each in HOLDERS if each in scope_of(names).fields}
    for entry in sheets.usage_types:
        for number, name in enumerate(entry.form.attributes):
            if name in taken:
                message = f'"{name}" is declared among the attributes and segments of who pays'
                book.report(entry.place.at("attributes", number), message)
