"""Prices agreed with an account, read and checked as a catalog's are, against the catalog in force.

They come by a file or by the HTTP door (JSON is YAML); a catalog's checks say what is wrong.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from connectors.catalog.checks.holding import check_held_price
from connectors.catalog.checks.prices import check_price, check_reachable
from connectors.catalog.form import AccumulatorForm, OfferForm, UsageTypeForm
from connectors.catalog.forms.account_prices import AccountPricesForm
from connectors.catalog.forms.accumulators import LIFE
from connectors.catalog.forms.evaluations import EvaluationForm
from connectors.catalog.forms.prices import PriceForm
from connectors.catalog.forms.quantity import ConvertForm, MeasureForm
from connectors.catalog.forms.when import MONTH, BandForm, TimeUnitForm
from connectors.catalog.load import CUSTOM
from connectors.catalog.names import Names, names_of
from connectors.catalog.nodes import compose_text
from connectors.catalog.problem import CatalogProblem, Place, ProblemBook, unknown
from connectors.catalog.read import NodeReader, kind_of
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.resolve import price_of
from connectors.catalog.sheets import Sheets
from streams.model.account_prices import PriceList
from streams.model.catalog import Catalog, PriceOffer
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.time_unit import TimeUnit

PRICES_MAX: Final = 1000
"""The most prices of a list: it is one command, and part of an account's state."""
_FORM: Final = kind_of(AccountPricesForm)


def read_account_prices(
    text: str, *, name: str, catalog: Catalog
) -> tuple[list[PriceList], list[CatalogProblem]]:
    """The price lists of a text, one a document, or everything that is wrong with them."""
    book = ProblemBook(Path())
    lists: list[PriceList] = []
    nodes = compose_text(text, Place(name), book)
    for number, node in enumerate(nodes):
        place = Place(name, f"/{number}" if number else "")
        before = len(book.problems)
        form: AccountPricesForm = NodeReader(book, CUSTOM).read(node, _FORM, place)
        check_account_prices(form, place, catalog, book)
        if len(book.problems) == before:
            lists.append(price_list(form))
    if not nodes and not book.problems:
        book.report(Place(name), "expected prices, found nothing")
    return ([], sorted(book.problems)) if book.problems else (lists, [])


def check_account_prices(
    form: AccountPricesForm, place: Place, catalog: Catalog, book: ProblemBook
) -> None:
    """Report what could not be applied to the usage type under the price plan in that time."""
    plans = {plan.id: plan for plan in catalog.price_plans}
    start = _instant_of(form.start, place.at("from"), book, otherwise=BEGINNING)
    end = FOREVER
    if form.end is not None:
        end = _instant_of(form.end, place.at("until"), book, otherwise=FOREVER)
    if end <= start:
        book.report(place.at("until"), f"{form.end} is not after {form.start}")
    if len(form.prices) > PRICES_MAX:
        message = f"expected at most {PRICES_MAX} prices, found {len(form.prices)}"
        book.report(place.at("prices"), message)
    plan = plans.get(form.price_plan)
    if plan is None:
        book.report(place.at("price_plan"), unknown("price plan", form.price_plan, set(plans)))
        return
    of_type = [each for each in plan.offers if each.usage_type == form.usage_type]
    offers = [each for each in of_type if each.start < end and start < each.end]
    if not offers:
        known = {each.usage_type for each in plan.offers}
        when = f" from {form.start} on" if of_type else ""
        message = f'price plan {plan.id} has no offer for "{form.usage_type}"{when}'
        told = ", ".join(sorted(known)) or "none"
        book.report(place.at("usage_type"), f"{message}; it has: {told}")
    names = _names_of(catalog)
    for offer in offers:
        words = _offer_words(offer, form)
        for number, price in enumerate(form.prices):
            below = place.at("prices", number)
            if price.impacts is not None:
                book.report(below.at("impacts"), "agreed prices have the impacts of their offer")
            check_price(price, words, below, names, book)
            if price.volume is not None and price.volume.settle != "none":
                book.report(below.at("volume", "settle"), "agreed prices are not settled")
            if offer.holding is not None:
                check_held_price(price, below, offer.holding.every.id, names, book)
        check_reachable(words, "prices", place, book)


def price_list(form: AccountPricesForm) -> PriceList:
    """The list of a form that has been checked."""
    start, end = instant_at(form.start), form.end and instant_at(form.end)
    assert start is not None
    return PriceList(
        form.price_plan,
        form.usage_type,
        form.subscription,
        start,
        end or FOREVER,
        tuple(price_of(price) for price in form.prices),
    )


def _instant_of(text: str, place: Place, book: ProblemBook, *, otherwise: Instant) -> Instant:
    found = instant_at(text)
    if found is None:
        book.spoil(place, f'"{text}" is no date: expected one like 2026-01-31')
        return otherwise
    return found


def _offer_words(offer: PriceOffer, form: AccountPricesForm) -> OfferForm:
    """The offer as its checks know it, with the agreed prices as its own (and some costs)."""
    measures = {
        each.unit: MeasureForm(
            convert=None if each.conversion is None else ConvertForm(unit=each.conversion.unit)
        )
        for each in offer.measures
    }
    return OfferForm(
        id=offer.id,
        usage_type=offer.usage_type,
        start=form.start,
        zone_unit=offer.zone_unit,
        time_unit=offer.time_unit,
        measures=measures,
        impacts=offer.impacts,
        costs=tuple(PriceForm() for _ in offer.costs),
        prices=form.prices,
    )


def _names_of(catalog: Catalog) -> Names:
    """What prices may refer to."""
    nothing = names_of(Sheets(), ProblemBook(Path()))
    return replace(
        nothing,
        usage_types={
            each.id: UsageTypeForm(id=each.id, units=each.units, attributes=each.attributes)
            for each in catalog.usage_types
        },
        accumulators={
            each.id: AccumulatorForm(
                id=each.id,
                usage_units=each.usage_units,
                sums=each.sums,
                period=LIFE if each.is_lifelong else each.period.id if each.period else MONTH,
                aggregate=each.aggregate,
                of=each.of,
                per=each.per,
                when=each.when,
                rolling=None if each.rolling is None else "1d",
            )
            for each in catalog.accumulators
        },
        evaluations={
            each.id: EvaluationForm(id=each.id, accumulator=each.accumulator, periods=each.periods)
            for each in catalog.evaluations
        },
        time_units={each.id: _time_words(each) for each in catalog.time_units},
        zones={
            unit.id: {row.zone for row in unit.rows} | ({unit.default} - {""})
            for unit in catalog.zone_units
        },
    )


def _time_words(unit: TimeUnit) -> TimeUnitForm:
    bands = tuple(BandForm(band=each.name) for each in unit.bands)
    return TimeUnitForm(id=unit.id, bands=bands, default=unit.default)
