"""Best prices: do their names lead to offers of the usage type that can be compared."""

from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import PricePlanForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Entry, Sheets


def check_best_of(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report names that lead nowhere, and what could not be chosen."""
    outcomes = {entry.form.usage_type for entry in sheets.outcomes}
    for plan in sheets.price_plans:
        if plan.form.best_over != "record" and not plan.form.best_of:
            book.report(plan.place.at("best_over"), 'stands only beside "best_of"')
        check_period_named(plan.form.best_every, plan.place.at("best_every"), names, book)
        if plan.form.best_every != MONTH and plan.form.best_over != "period":
            book.report(plan.place.at("best_every"), 'stands only beside "best_over: period"')
        for usage_type, listed in plan.form.best_of.items():
            place = plan.place.at("best_of", usage_type)
            if usage_type not in names.usage_types:
                book.report(place, unknown("usage type", usage_type, names.usage_types))
                continue
            if usage_type in outcomes:
                book.report(place, f"{usage_type} is sold by outcome: it cannot be compared")
            if len(listed) < 2:
                book.report(place, f"expected two names or more, found {len(listed)}")
            if plan.form.best_over == "period":
                _check_settled(usage_type, listed, plan, names=names, book=book)
            for number, name in enumerate(listed):
                below = place.at(number)
                if name in listed[:number]:
                    book.report(below, f'"{name}" stands here twice')
                else:
                    _check_name(name, usage_type, plan, below, names=names, book=book)
            _check_listed(usage_type, listed, plan, book)


def _check_settled(
    usage_type: str,
    listed: tuple[str, ...],
    plan: Entry[PricePlanForm],
    *,
    names: Names,
    book: ProblemBook,
) -> None:
    """What is settled by itself has no total before its period has ended."""
    for number, name in enumerate(listed):
        other = names.price_plans.get(name)
        own = [offer for offer in plan.form.offers if offer.id == name]
        offers = own or (() if other is None else other.offers)
        if any(
            price.volume is not None and price.volume.settle != "none"
            for offer in offers
            if offer.usage_type == usage_type
            for price in offer.prices
        ):
            place = plan.place.at("best_of", usage_type, number)
            book.report(
                place, f'"{name}" has a price with "settle": it cannot be compared by period'
            )


def _check_name(  # noqa: PLR0913 - a name, where it stands, and what it may lead to
    name: str,
    usage_type: str,
    plan: Entry[PricePlanForm],
    place: Place,
    *,
    names: Names,
    book: ProblemBook,
) -> None:
    own = {offer.id for offer in plan.form.offers if offer.usage_type == usage_type}
    if name in own:
        return
    other = names.price_plans.get(name)
    if other is None or name == plan.form.id:
        known = own | (set(names.price_plans) - {plan.form.id})
        book.report(place, unknown("offer or other price plan", name, known))
    elif other.currency != plan.form.currency:
        book.report(place, f"price plan {name} is in {other.currency}, not {plan.form.currency}")
    elif all(offer.usage_type != usage_type for offer in other.offers):
        book.report(place, f"price plan {name} has no offer for {usage_type}")


def _check_listed(
    usage_type: str, listed: tuple[str, ...], plan: Entry[PricePlanForm], book: ProblemBook
) -> None:
    for number, offer in enumerate(plan.form.offers):
        if offer.usage_type == usage_type and offer.id not in listed:
            message = f'never reached: "best_of" does not name offer "{offer.id}"'
            book.report(plan.place.at("offers", number, "id"), message)
