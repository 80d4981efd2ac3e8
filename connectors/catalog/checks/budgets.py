"""Budgets that every account has: whole, on what there is."""

from typing import Final
from zoneinfo import available_timezones

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.forms.budgets import CatalogBudgetForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.resolution.budgets import usual_budget
from connectors.catalog.sheets import Sheets, by_id

_OF_ALL: Final = ("service_id", "account", "usage_type")
"""Words that every usage has a value of."""


def check_budgets(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report budgets that can be none, and names that lead nowhere."""
    known = by_id(sheets.budgets, book)
    for entry in sheets.budgets:
        check = MoneyCheck(entry.place, names, book)
        form = entry.form
        mistake = usual_budget(form).mistake
        if mistake is not None:
            check.report(mistake[1], mistake[0])
        if form.parent:
            check.known("budget", form.parent, known, "parent")
        _check_names(form, check)


def _check_names(form: CatalogBudgetForm, check: MoneyCheck) -> None:
    names = check.names
    for value, limit in (("", form.limit), *form.limits_of.items()):
        if limit is not None and limit < 0:
            steps = ("limits_of", value) if value else ("limit",)
            check.report(f"expected 0 or more, found {limit}", *steps)
    if form.currency:
        check.known("currency", form.currency, names.currencies, "currency")
    units = {unit for each in names.usage_types.values() for unit in each.units}
    for place, unit in enumerate(form.units):
        check.known("unit", unit, units, "units", place)
    check.words([word for word in form.when if word not in _OF_ALL], "when")
    if form.by and form.by not in _OF_ALL:
        check.words([form.by], "by")
    if form.time_zone not in available_timezones():
        check.report(f"no time zone {form.time_zone!r}", "time_zone")
