"""Caps that accounts share: do they bound something, for usage that there is."""

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import OfferForm
from connectors.catalog.forms.shared_caps import SharedCapForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets
from streams.model.catalog import BAND, ZONE


def check_shared_caps(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report caps on nothing, and words that lead nowhere."""
    offers = [offer for plan in sheets.price_plans for offer in plan.form.offers]
    for entry in sheets.shared_caps:
        check = MoneyCheck(entry.place, names, book)
        _check_most(entry.form, check, offers)
        check.eligibility(entry.form, offers)
        check_period_named(entry.form.every, entry.place.at("every"), names, book)
        for number, word in enumerate(entry.form.by):
            if word in (ZONE, BAND):
                check.report(f"{word} is of an offer: expected an attribute", "by", number)
            else:
                check.words((word,), "by", number)


def _check_most(form: SharedCapForm, check: MoneyCheck, offers: list[OfferForm]) -> None:
    check.positive(form.most, "most")
    check.one_of((word for word in ("currency", "units") if getattr(form, word)), _WORDS)
    if form.currency:
        check.known("currency", form.currency, check.names.currencies, "currency")
    usage_types = check.names.usage_types
    units = {
        unit
        for offer in offers
        if offer.usage_type in usage_types
        for unit in usage_types[offer.usage_type].units
    }
    for number, unit in enumerate(form.units):
        check.known("unit", unit, units, "units", number)


_WORDS = ("currency", "units")
