"""Rounding: is a period named that there is, where something is rounded over a period."""

from connectors.catalog.checks.when import check_period_named
from connectors.catalog.forms.words import RoundingForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.sheets import Sheets, nested

_PERIOD = "period"


def check_rounding(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report periods of currencies, price plans and offers that nothing is rounded over."""
    over_by_currency: dict[str, str] = {}
    for currency in sheets.currencies:
        place = currency.place.at("rounding")
        over = _check(currency.form.rounding, "record", place, names=names, book=book)
        over_by_currency[currency.form.code] = over
    for plan in sheets.price_plans:
        over = over_by_currency.get(plan.form.currency, _PERIOD)
        over = _check(plan.form.rounding, over, plan.place.at("rounding"), names=names, book=book)
        for offer, place in nested(plan, "offers"):
            _check(offer.rounding, over, place.at("rounding"), names=names, book=book)


def _check(
    form: str | RoundingForm | None, outer: str, place: Place, *, names: Names, book: ProblemBook
) -> str:
    """What is rounded here: as it says, else as around it."""
    if not isinstance(form, RoundingForm):
        return outer
    over = form.over or outer
    if form.every is not None:
        check_period_named(form.every, place.at("every"), names, book)
        if over != _PERIOD:
            book.report(place.at("every"), f'stands only where "over" is period, found {over}')
    return over
