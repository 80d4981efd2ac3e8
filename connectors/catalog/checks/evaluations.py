"""Evaluations: of something that is counted, under a name of their own."""

from connectors.catalog.checks.when import check_period_named
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook, unknown
from connectors.catalog.sheets import Sheets
from streams.model.price import RECORD


def check_evaluations(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report evaluations that say nothing."""
    taken = {RECORD, *names.accumulators, *names.allowances, *names.currencies}
    for entry in sheets.evaluations:
        form, place = entry.form, entry.place
        if form.id in taken:
            book.report(place.at("id"), f'"{form.id}" is also another resource')
        if form.accumulator not in names.accumulators:
            message = unknown("accumulator", form.accumulator, names.accumulators)
            book.report(place.at("accumulator"), message)
        elif not names.accumulators[form.accumulator].is_plain:
            message = f'"{form.accumulator}" is not a sum by periods of all that an account uses'
            book.report(place.at("accumulator"), message)
        elif names.accumulators[form.accumulator].by:
            message = f'"{form.accumulator}" is kept apart by attributes'
            book.report(place.at("accumulator"), message)
        if form.every:
            check_period_named(form.every, place.at("every"), names, book)
        if form.initial < 0:
            book.report(place.at("initial"), f"expected 0 or more, found {form.initial}")
