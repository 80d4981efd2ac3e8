"""Impacts of single tiers and slots: are there such tiers, and can they be summed."""

from connectors.catalog.form import OfferForm
from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook, unknown

_TIERED = ("graduated", "volume", "graduated_percentage", "stairstep", "blocks")


def check_tier_impacts(
    price: PriceForm, offer: OfferForm, place: Place, *, names: Names, book: ProblemBook
) -> None:
    """Report impacts of tiers that a price does not have, or that do not sum its unit."""
    if not price.tier_impacts:
        return
    kind = next((kind for word in _TIERED if (kind := getattr(price, word)) is not None), None)
    parts = price.telecom_rate.slots if price.telecom_rate is not None else ()
    parts = parts if kind is None else kind.tiers
    unit = price.telecom_rate.unit if kind is None and price.telecom_rate else ""
    unit = unit if kind is None else kind.unit
    usage_type = names.usage_types.get(offer.usage_type)
    if not parts:
        known = ", ".join((*_TIERED, "telecom_rate"))
        book.report(place.at("tier_impacts"), f"stands only beside tiers or slots: {known}")
        return
    if usage_type is not None and usage_type.held:
        book.report(place.at("tier_impacts"), "units that stay have the impacts of their offer")
    for number, named in price.tier_impacts.items():
        below = place.at("tier_impacts", number)
        if number not in map(str, range(1, len(parts) + 1)):
            book.report(below, f"expected the number of a tier, 1 to {len(parts)}, found {number}")
        for at, name in enumerate(named):
            _check_name(name, unit, below.at(at), names, book)


def _check_name(name: str, unit: str, place: Place, names: Names, book: ProblemBook) -> None:
    accumulator = names.accumulators.get(name)
    if accumulator is None:
        book.report(place, unknown("accumulator", name, names.accumulators))
    elif accumulator.sums != "quantity" or not accumulator.adds_up:
        book.report(place, f'accumulator "{name}" counts {accumulator.sums}, not quantity')
    elif accumulator.usage_units and unit not in accumulator.usage_units:
        book.report(place, f'accumulator "{name}" does not sum {unit}')
