"""Grants of price plans: of allowances there are, one each, with terms that can be kept."""

from connectors.catalog.checks.when import check_granted_period
from connectors.catalog.form import PricePlanForm
from connectors.catalog.forms.grants import GrantForm, RollOverForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Entry, nested

PERIODS_MAX = 1000
"""The most periods that something is rolled over for."""


def check_grants(
    plan: Entry[PricePlanForm], periods: dict[str, str], *, names: Names, book: ProblemBook
) -> None:
    """`periods`: by allowance, what the first price plan that grants it does so for."""
    seen: set[str] = set()
    for grant, place in nested(plan, "grants"):
        check_granted_period(grant.every, place.at("every"), names, book)
        every = periods.setdefault(grant.allowance, grant.every)
        if grant.every != every:
            message = (
                f'"{grant.allowance}" is granted for each {every} elsewhere: expected the same'
            )
            book.report(place.at("every"), message)
        if grant.allowance not in names.allowances:
            book.report(
                place.at("allowance"), unknown("allowance", grant.allowance, names.allowances)
            )
        if grant.allowance in seen:
            book.report(place, f'"{grant.allowance}" is granted twice')
        if grant.quantity <= 0:
            book.report(place.at("quantity"), f"expected more than 0, found {grant.quantity}")
        _check_terms(grant, place, book)
        seen.add(grant.allowance)


def _check_terms(grant: GrantForm, place: Place, book: ProblemBook) -> None:
    if grant.ends == "service" and grant.opens != "period":
        book.report(place.at("ends"), "only what opens with its period can end with the service")
    if grant.roll_over is not None:
        _check_roll_over(grant.roll_over, place.at("roll_over"), book)


def _check_roll_over(terms: RollOverForm, place: Place, book: ProblemBook) -> None:
    if not 1 <= terms.periods <= PERIODS_MAX:
        message = f"expected 1 to {PERIODS_MAX}, found {terms.periods}"
        book.report(place.at("periods"), message)
    for word in ("quantity", "percent"):
        bound = getattr(terms, word)
        if bound is not None and bound <= 0:
            book.report(place.at(word), f"expected more than 0, found {bound}")
