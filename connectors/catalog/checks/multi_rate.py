"""Multi-rate usage types: are their children there, sold, measured, in a possible order."""

from collections.abc import Iterator
from typing import Final

from connectors.catalog.checks.asked import scope_over, unknown_below
from connectors.catalog.form import UsageTypeForm
from connectors.catalog.forms.multi_rate import MultiRateForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Sheets, nested
from streams.expression import Expression, Kind, check_expression
from streams.model.multi_rate import PARTS
from streams.model.rate_unit import TRANSACTION_TYPE
from streams.rate.asked import names_below
from streams.rate.multi_rate import AMOUNTS, QUANTITIES
from streams.rate.plain_usage import ACCOUNT, ACCUMULATORS, DURATION, UNITS

_KINDS: Final[dict[str, Kind]] = {
    AMOUNTS: "map",
    QUANTITIES: "map",
    UNITS: "map",
    ACCOUNT: "map",
    DURATION: "number",
    TRANSACTION_TYPE: "string",
}

_MEMBERS: Final[dict[str, Kind]] = {AMOUNTS: "number", QUANTITIES: "number", UNITS: "number"}


def check_multi_rate(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report parents that are priced themselves, and children that cannot be rated."""
    for entry in sheets.multi_rates:
        form, place = entry.form, entry.place
        parent = names.usage_types.get(form.usage_type)
        if parent is None:
            message = unknown("usage type", form.usage_type, names.usage_types)
            book.report(place.at("usage_type"), message)
        if not 2 <= len(form.children) < PARTS:
            found = len(form.children)
            book.report(place.at("children"), f"expected 2 to {PARTS - 1} children, found {found}")
        _check_children(form, parent, place, names, book)
        _check_order(form, parent, place, names, book)
        _check_sold(form, place, sheets, book)


def _check_children(
    form: MultiRateForm, parent: UsageTypeForm | None, place: Place, names: Names, book: ProblemBook
) -> None:
    seen: set[str] = set()
    for number, child in enumerate(form.children):
        name, below = child.usage_type, place.at("children", number)
        usage_type = names.usage_types.get(name)
        if usage_type is None:
            book.report(below.at("usage_type"), unknown("usage type", name, names.usage_types))
        elif name in names.multi_rates:
            book.report(below.at("usage_type"), f'"{name}" has children itself')
        elif name in seen:
            book.report(below.at("usage_type"), f'"{name}" stands here twice')
        elif child.quantity is not None and len(usage_type.units) != 1:
            units = ", ".join(usage_type.units) or "none"
            book.report(below.at("quantity"), f'"{name}" needs one unit for it, it has: {units}')
        elif (
            child.quantity is None
            and parent is not None
            and not names.is_derived(name)
            and not set(usage_type.units) & set(parent.units)
        ):
            units = ", ".join(parent.units)
            book.report(below, f'"{name}" measures none of the units of its parent: {units}')
        seen.add(name)


def _check_order(
    form: MultiRateForm, parent: UsageTypeForm | None, place: Place, names: Names, book: ProblemBook
) -> None:
    attributes = parent.attributes if parent is not None else ()
    if form.depends and all(child.quantity is None for child in form.children):
        book.report(place.at("depends"), 'no child has a "quantity"')
    for number, name in enumerate(attributes):
        if form.depends and name in _KINDS and name != TRANSACTION_TYPE:
            message = f'attribute {number} "{name}" stands for something else in its children'
            book.report(place.at("usage_type"), message)
    earlier: set[str] = set()
    for number, child in enumerate(form.children):
        below = place.at("children", number, "quantity")
        if child.quantity is not None:
            if not form.depends:
                book.report(below, 'needs "depends: true"')
            fields: dict[str, Kind] = dict.fromkeys(attributes, "string")
            scope = scope_over({**fields, **_KINDS}, _MEMBERS, names)
            for problem in check_expression(child.quantity, scope, wanted="number"):
                book.report(below, problem)
            for problem in _asked_of_payer(child.quantity, names):
                book.report(below, problem)
            for word in (AMOUNTS, QUANTITIES):
                for name in names_below(child.quantity, word):
                    if name not in earlier:
                        book.report(below, unknown("earlier child", name, earlier))
        earlier.add(child.usage_type)


def _asked_of_payer(quantity: Expression, names: Names) -> Iterator[str]:
    """A parent has no totals: what looks at them is told of its children alone."""
    yield from unknown_below(quantity, names)
    for name in names_below(quantity, "segment"):
        form = names.segments.get(name)
        if form is not None and names_below(form.expression, ACCUMULATORS):
            yield f"segment {name} looks at totals, which a record with children has none of"


def _check_sold(form: MultiRateForm, place: Place, sheets: Sheets, book: ProblemBook) -> None:
    wanted = {child.usage_type for child in form.children}
    complete = False
    for plan in sheets.price_plans:
        sold = {offer.usage_type for offer, _ in nested(plan, "offers")}
        complete = complete or wanted <= sold
        for offer, below in nested(plan, "offers"):
            if offer.usage_type == form.usage_type:
                message = f'"{form.usage_type}" has children: they are priced, it is not'
                book.report(below.at("usage_type"), message)
    if not complete:
        book.report(place.at("children"), "no price plan has an offer for each of them")
