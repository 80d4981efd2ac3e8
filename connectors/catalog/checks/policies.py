"""Policies: one condition each, on what there is, with what becomes of those who break it."""

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.forms.policies import PolicyForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets, by_id

_TESTS = ("attribute", "unit", "time_unit")


def check_policies(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report policies that nothing can keep or break, and words that mean nothing there."""
    by_id(sheets.policies, book)
    for entry in sheets.policies:
        check = MoneyCheck(entry.place, names, book)
        form = entry.form
        for place, name in enumerate(form.usage_types):
            check.known("usage type", name, names.usage_types, "usage_types", place)
        check.words(form.when, "when")
        check.one_of([word for word in _TESTS if getattr(form, word)], _TESTS)
        _check_test(form, check)
        _check_otherwise(form, check)


def _check_test(form: PolicyForm, check: MoneyCheck) -> None:
    names = check.names
    if form.attribute:
        check.words([form.attribute], "attribute")
        if bool(form.allowed) == (form.most is not None):
            check.report("expected either allowed or most beside an attribute", "attribute")
    elif form.allowed:
        check.report("stands only beside an attribute", "allowed")
    if form.unit:
        units = {unit for each in names.usage_types.values() for unit in each.units}
        check.known("unit", form.unit, units, "unit")
        if form.most is None:
            check.report('"most" is missing: expected how much of the unit')
    if form.most is not None and form.most < 0:
        check.report(f"expected 0 or more, found {form.most}", "most")
    if form.time_unit:
        check.known("time unit", form.time_unit, names.time_units, "time_unit")
        if not form.bands:
            check.report('"bands" is missing: expected those that are open')
        unit = names.time_units.get(form.time_unit)
        known = set() if unit is None else {unit.default, *(each.band for each in unit.bands)}
        for place, band in enumerate(form.bands if known else ()):
            check.known("band", band, known, "bands", place)
    elif form.bands:
        check.report("stands only beside a time_unit", "bands")


def _check_otherwise(form: PolicyForm, check: MoneyCheck) -> None:
    if form.otherwise == "throttle" and not (form.unit or form.rate):
        check.report("only a unit is throttled without a rate", "otherwise")
    if form.rate and form.otherwise != "throttle":
        check.report("stands only beside throttle", "rate")
    if (form.otherwise == "downgrade") != bool(form.instead):
        check.report("expected downgrade with the attributes that it goes on with", "instead")
    if form.instead:
        check.words(form.instead, "instead")
