"""Impacts of single prices: what can be told apart by price."""

from connectors.catalog.form import OfferForm
from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown


def check_impacts(
    price: PriceForm, offer: OfferForm, place: Place, *, names: Names, book: ProblemBook
) -> None:
    """Report impacts of a price that lead nowhere, or belong to the record as a whole."""
    if price.impacts is None:
        return
    usage_type = names.usage_types.get(offer.usage_type)
    if usage_type is not None and usage_type.held:
        book.report(place.at("impacts"), "units that stay have the impacts of their offer")
    known = set(names.allowances) | set(names.accumulators)
    for number, impact in enumerate(price.impacts):
        below = place.at("impacts", number)
        if impact not in known:
            book.report(below, unknown("allowance or accumulator", impact, known))
        elif impact in price.impacts[:number]:
            book.report(below, f'"{impact}" stands here twice')
        elif _is_of_record(impact, names):
            message = f'"{impact}" counts what a record costs as a whole: name it at the offer'
            book.report(below, message)


def _is_of_record(impact: str, names: Names) -> bool:
    accumulator, allowance = names.accumulators.get(impact), names.allowances.get(impact)
    if accumulator is not None:
        return accumulator.sums == "amount" and accumulator.of is None
    return allowance is not None and allowance.unit in names.currencies
