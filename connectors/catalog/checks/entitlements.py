"""Entitlements: one way each to say what they are, by balances that the price plan has."""

from connectors.catalog.checks.resources import all_impacts
from connectors.catalog.form import PricePlanForm
from connectors.catalog.forms.entitlements import EntitlementForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Sheets, nested

_KINDS = ("value", "allowance", "accumulator")


def check_entitlements(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report features that nothing could tell about."""
    for plan in sheets.price_plans:
        seen: set[str] = set()
        for entitlement, place in nested(plan, "entitlements"):
            if entitlement.id in seen:
                message = f'entitlement "{entitlement.id}" stands here twice'
                book.report(place.at("id"), message)
            seen.add(entitlement.id)
            _check(entitlement, place, names, book)
            _check_total(entitlement, plan.form, place, names, book)


def _check(form: EntitlementForm, place: Place, names: Names, book: ProblemBook) -> None:
    said = [word for word in _KINDS if getattr(form, word)]
    if len(said) > 1:
        book.report(place, f"expected one of {', '.join(_KINDS)}, found {' and '.join(said)}")
    if form.allowance and form.allowance not in names.allowances:
        message = unknown("allowance", form.allowance, names.allowances)
        book.report(place.at("allowance"), message)
    if form.limit is not None:
        if not form.accumulator:
            book.report(place.at("limit"), 'stands only beside "accumulator"')
        if form.limit < 0:
            book.report(place.at("limit"), f"expected 0 or more, found {form.limit}")
    if form.overage:
        if not form.allowance and not form.accumulator:
            book.report(place.at("overage"), "only what is metered can be used beyond its grant")
        elif form.accumulator and form.limit is None:
            book.report(place.at("overage"), 'without "limit" there is nothing beyond it')


def _check_total(
    form: EntitlementForm, plan: PricePlanForm, place: Place, names: Names, book: ProblemBook
) -> None:
    if not form.accumulator:
        return
    found = names.accumulators.get(form.accumulator)
    if found is None:
        message = unknown("accumulator", form.accumulator, names.accumulators)
        book.report(place.at("accumulator"), message)
        return
    if found.by or found.per != "account":
        message = f"{found.id} is kept apart: expected one total of the account"
        book.report(place.at("accumulator"), message)
    if found.rolling is not None or found.period == "life":
        message = f"{found.id} never begins anew: expected one that counts by periods"
        book.report(place.at("accumulator"), message)
    moved = {impact for offer in plan.offers for impact in all_impacts(offer)}
    moved |= {impact for fee in plan.fees for impact in fee.impacts}
    if found.id not in moved:
        message = f"no offer of this price plan moves {found.id}: name it in impacts"
        book.report(place.at("accumulator"), message)
