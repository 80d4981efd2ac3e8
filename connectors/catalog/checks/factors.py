"""Factors and overage of allowances: does every word lead somewhere, and can it be counted."""

from decimal import Decimal
from typing import Final

from connectors.catalog.checks.eligibility import MoneyCheck
from connectors.catalog.checks.resources import all_impacts
from connectors.catalog.form import AllowanceForm, OfferForm
from connectors.catalog.forms.allowances import FactorForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets

_DIGITS_MAX: Final = 6
"""Digits after the point, so that what usage takes of an allowance is exact."""


def check_factors(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report factors that fit nothing, and what an allowance in money cannot have."""
    for entry in sheets.allowances:
        form = entry.form
        check = MoneyCheck(entry.place, names, book)
        if form.unit in names.currencies:
            _check_money(form, check)
            continue
        drawing = [
            offer
            for plan in sheets.price_plans
            for offer in plan.form.offers
            if form.id in set(all_impacts(offer))
        ]
        for number, factor in enumerate(form.factors):
            _check_factor(form, factor, drawing, check, number)
        if form.burns_by is not None:
            check.positive(form.burns_by, "burns_by")
            _check_digits(form.burns_by, check, "burns_by")
    _check_entitlements(sheets, names, book)


def _check_money(form: AllowanceForm, check: MoneyCheck) -> None:
    for word, is_there in (
        ("factors", bool(form.factors)),
        ("burns_by", form.burns_by is not None),
        ("overage", form.overage != "paid"),
    ):
        if is_there:
            check.report("an allowance in money pays amounts: it takes no such word", word)


def _check_factor(
    form: AllowanceForm,
    factor: FactorForm,
    drawing: list[OfferForm],
    check: MoneyCheck,
    number: int,
) -> None:
    at = ("factors", number)
    check.positive(factor.factor, *at, "factor")
    _check_digits(factor.factor, check, *at, "factor")
    check.words(factor.when, *at, "when")
    names = check.names
    zones = {zone for unit in names.zone_units for zone in names.zones_of(unit)}
    bands = {band for unit in names.time_units for band in names.bands_of(unit)}
    known = (
        ("usage type", "usage_types", {offer.usage_type for offer in drawing}),
        ("product", "products", {offer.product or offer.usage_type for offer in drawing}),
        ("unit", "units", set(form.usage_units)),
        ("zone", "zones", set(form.zones) or zones),
        ("band", "bands", set(form.bands) or bands),
    )
    for kind, word, found in known:
        for place, name in enumerate(getattr(factor, word)):
            check.known(kind, name, found, *at, word, place)


def _check_digits(number: Decimal, check: MoneyCheck, *steps: str | int) -> None:
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _DIGITS_MAX:
        check.report(f"expected at most {_DIGITS_MAX} digits after the point", *steps)


def _check_entitlements(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """What an allowance refuses no entitlement allows."""
    for plan in sheets.price_plans:
        for number, entitlement in enumerate(plan.form.entitlements):
            allowance = names.allowances.get(entitlement.allowance)
            if allowance is not None and allowance.overage == "refused" and entitlement.overage:
                message = f'allowance "{allowance.id}" refuses what is beyond it'
                book.report(plan.place.at("entitlements", number, "overage"), message)
