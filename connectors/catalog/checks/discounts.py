"""Discounts: one way of giving each, limits that can be, references that lead somewhere."""

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import OfferForm
from connectors.catalog.forms.discounts import DiscountForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets

_KINDS = ("percent", "amount", "free_units", "tiers")


def check_discounts(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report discounts that cannot be given."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    for entry in sheets.discounts:
        check = MoneyCheck(entry.place, names, book)
        check.eligibility(entry.form, offers)
        _check(entry.form, check, offers)


def _check(form: DiscountForm, check: MoneyCheck, offers: list[OfferForm]) -> None:
    given = [word for word in _KINDS if getattr(form, word) not in (None, ())]
    check.one_of(given, _KINDS)
    check.percent(form.percent, "percent")
    for word in ("amount", "free_units", "at_most"):
        check.positive(getattr(form, word), word)
    check.steps(form.tiers, form.reference)
    check.money(form.currency, is_needed=form.amount is not None or form.at_most is not None)
    check_period_named(form.period, check.place.at("period"), check.names, check.book)
    counts_units = form.free_units is not None and form.each == "month"
    if form.period != MONTH and form.at_most is None and not counts_units:
        check.report('stands only beside "at_most", or "free_units" of each month', "period")
    _check_units(form, check, offers)
    for number, need in enumerate(form.needs):
        known = check.names.totals()
        check.known("accumulator", need.accumulator, known, "needs", number, "accumulator")
        check.positive(need.at_least, "needs", number, "at_least")


def _check_units(form: DiscountForm, check: MoneyCheck, offers: list[OfferForm]) -> None:
    if form.free_units is None:
        if form.units:
            check.report('stands only beside "free_units"', "units")
        return
    if form.at_most is not None:
        check.report('"free_units" are their own limit', "at_most")
    if not form.units:
        check.report('"units" is missing: expected the units that are free')
    usage_types = check.names.usage_types.values()
    units = {unit for usage_type in usage_types for unit in usage_type.units}
    converted = (measure.convert for offer in offers for measure in offer.measures.values())
    units |= {convert.unit for convert in converted if convert is not None and convert.unit}
    for number, unit in enumerate(form.units):
        check.known("unit", unit, units, "units", number)
