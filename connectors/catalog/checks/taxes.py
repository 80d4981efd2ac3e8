"""Taxes: percents that can be, classes that prices have."""

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.form import OfferForm
from connectors.catalog.forms.taxes import TaxForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets
from streams.model.tax import TAX_CLASS


def check_taxes(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report taxes that cannot be, or are on nothing."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    classes = {tax_class for offer in offers for tax_class in _classes(offer)}
    for entry in sheets.taxes:
        form: TaxForm = entry.form
        check = MoneyCheck(entry.place, names, book)
        check.eligibility(form, offers, more=(TAX_CLASS,))
        check.words(form.exempt, "exempt")
        if form.percent < 0:
            check.report(f"expected 0 or more, found {form.percent}", "percent")
        tax_class = form.when.get(TAX_CLASS)
        if tax_class is not None:
            check.known("tax class", tax_class, classes, "when", TAX_CLASS)
        first = next(each.form for each in sheets.taxes if each.form.mode == form.mode)
        if form.compound and first is form:
            check.report(f"there is no {form.mode} tax before it that it could be on", "compound")


def _classes(offer: OfferForm) -> set[str]:
    found = {price.tax_class for price in offer.prices}
    for price in offer.prices:
        kinds = [price.ev]
        if price.composite is not None:
            kinds += [part.ev for part in price.composite.parts]
        for ev in kinds:
            if ev is not None:
                found |= {component.tax_class for component in ev.components}
    return found - {""}
