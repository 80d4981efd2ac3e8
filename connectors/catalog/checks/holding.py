"""Units that stay: charged for their time by prices of a whole period, and by nothing else."""

from typing import Final

from connectors.catalog.checks.prices import units_of
from connectors.catalog.checks.when import check_period_named
from connectors.catalog.form import OfferForm, PricePlanForm
from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.forms.when import MONTH
from connectors.catalog.names import Names
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.resolution.prices import given_kinds, price_kind
from connectors.catalog.sheets import Entry, Sheets, nested
from streams.model.price import RECORD
from streams.model.prices import Graduated, Package, PerUnit, Stairstep, Volume

_NOT_FOR_HELD: Final = ("zone_unit", "time_unit", "measures", "costs")
_KINDS: Final = (PerUnit, Graduated, Volume, Package, Stairstep)


def check_holding(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report held units that are not charged for their time, and what cannot go with that."""
    outcomes = {entry.form.usage_type for entry in sheets.outcomes}
    for usage_type in sheets.usage_types:
        if usage_type.form.held and usage_type.form.id in outcomes:
            book.report(usage_type.place.at("held"), "outcomes are sold of it: nothing stays")
    for plan in sheets.price_plans:
        for offer, place in nested(plan, "offers"):
            _check_words(offer, plan.form, place, names, book)
            if offer.prorate is not None:
                if offer.every:
                    check_period_named(offer.every, place.at("every"), names, book)
                _check_beside(offer, plan, place, names, book)
                for number, price in enumerate(offer.prices):
                    below = place.at("prices", number)
                    check_held_price(price, below, offer.every or MONTH, names, book)


def _check_words(
    offer: OfferForm, plan: PricePlanForm, place: Place, names: Names, book: ProblemBook
) -> None:
    usage_type = names.usage_types.get(offer.usage_type)
    if offer.every and offer.prorate is None:
        book.report(place.at("every"), 'stands only beside "prorate"')
    if usage_type is None:
        return
    units = (names.rate_units.get(fee.driven_by) for fee in plan.fees)
    drives = any(unit and unit.service_type == usage_type.service_type for unit in units)
    if drives and offer.prorate is not None:
        book.report(place.at("prorate"), "a fee is driven by these units: they would pay twice")
    if usage_type.held and offer.prorate is None and not drives:
        book.report(
            place,
            f'"prorate" is missing: units of usage type {usage_type.id} are held,'
            " expected day or exact, or a fee that is driven_by them",
        )
    if not usage_type.held and offer.prorate is not None:
        book.report(
            place.at("prorate"),
            f"units of usage type {usage_type.id} do not stay: say `held` there",
        )


def _check_beside(
    offer: OfferForm, plan: Entry[PricePlanForm], place: Place, names: Names, book: ProblemBook
) -> None:
    for word in _NOT_FOR_HELD:
        if getattr(offer, word):
            book.report(place.at(word), "units that are held are not priced by it")
    for number, impact in enumerate(offer.impacts):
        if impact in names.allowances:
            message = f'allowance "{impact}" cannot be burned by units that stay'
            book.report(place.at("impacts", number), message)
    if offer.usage_type in plan.form.best_of:
        message = f"units of {offer.usage_type} are held: they have one offer"
        book.report(plan.place.at("best_of", offer.usage_type), message)


def check_held_price(
    price: PriceForm, place: Place, every: str, names: Names, book: ProblemBook
) -> None:
    """Report a kind whose charge for a period does not follow from how many units there are."""
    if price.impacts is not None:
        book.report(place.at("impacts"), "units that are held move what their offer names")
    if not units_of(price):
        return
    kind = price_kind(price)
    (word,) = given_kinds(price)
    if not isinstance(kind, _KINDS):
        book.report(place, f"{word} is no price of units that are held")
        return
    if isinstance(kind, PerUnit):
        return
    accumulator = names.accumulators.get(kind.reference)
    if kind.reference == RECORD:
        message = "tiers of held units are measured on all of them: name an accumulator"
        book.report(place.at(word, "reference"), message)
    elif accumulator is not None and accumulator.period != every:
        book.report(
            place.at(word, "reference"),
            f'"{kind.reference}" is counted by {accumulator.period},'
            f" units are charged by {every}: expected the same",
        )
    if isinstance(kind, Volume) and (
        kind.mode != "running" or any(tier.flat_amount for tier in kind.tiers)
    ):
        book.report(place.at(word), "expected mode running, and tiers without flat amounts")
