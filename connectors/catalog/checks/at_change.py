"""Records that are cut where something changes: is there a quantity to cut, and who cuts it."""

from collections.abc import Iterator

from connectors.catalog.form import UsageTypeForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets


def check_at_change(sheets: Sheets, _: Names, book: ProblemBook) -> None:
    """Report usage types that say `split` and whose quantity cannot be cut by time."""
    for usage_type in sheets.usage_types:
        if usage_type.form.at_change == "split":
            for message in _reasons(usage_type.form, sheets):
                book.report(usage_type.place.at("at_change"), message)


def _reasons(form: UsageTypeForm, sheets: Sheets) -> Iterator[str]:
    if form.held:
        yield "its units stay: there is no time to cut them by, expected start or suspend"
    if form.service_type and any(
        unit.form.service_type == form.service_type for unit in sheets.rate_units
    ):
        yield "rate units say how much a record is, of the whole: expected start or suspend"
    if any(outcome.form.usage_type == form.id for outcome in sheets.outcomes):
        yield "outcomes are sold of it: expected start or suspend"
    for parent in sheets.multi_rates:
        if any(child.usage_type == form.id for child in parent.form.children):
            yield f"it is a child of {parent.form.usage_type}: say split there"
