"""Allowances: are they burned, and of what."""

from collections.abc import Iterator

from connectors.catalog.form import OfferForm, PricePlanForm
from connectors.catalog.names import Names
from connectors.catalog.problem import ProblemBook, unknown
from connectors.catalog.sheets import Sheets, nested
from streams.model.fee import FEE


def check_resources(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report resources that nothing can happen to."""
    impacts = {impact for offer in _offers(sheets) for impact in all_impacts(offer)}
    for allowance in sheets.allowances:
        name = allowance.form.id
        if name not in impacts:
            book.report(allowance.place, f'allowance "{name}" is an impact of no offer')
        for collision in {name} & (names.accumulators.keys() | names.currencies.keys()):
            book.report(allowance.place.at("id"), f'"{collision}" is also another resource')
    _check_kinds(sheets, names, book)
    _check_groups(sheets, book)
    _check_shares(sheets, names, book)
    _check_scope(sheets, names, book)
    _check_usage_units(sheets, names, book)


def all_impacts(offer: OfferForm) -> Iterator[str]:
    """The impacts of an offer, and those that its prices have in their place."""
    yield from offer.impacts
    for price in offer.prices:
        yield from price.impacts or ()
        for moved in price.tier_impacts.values():
            yield from moved


def _offers(sheets: Sheets) -> Iterator[OfferForm]:
    for plan in sheets.price_plans:
        yield from plan.form.offers


def _check_usage_units(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    units = {unit for usage_type in names.usage_types.values() for unit in usage_type.units}
    if any(plan.form.fees for plan in sheets.price_plans):
        units.add(FEE)
    named = [(entry.form.usage_units, entry.place) for entry in sheets.allowances]
    named += [(entry.form.usage_units, entry.place) for entry in sheets.accumulators]
    for usage_units, place in named:
        for number, unit in enumerate(usage_units):
            if unit not in units:
                book.report(place.at("usage_units", number), unknown("unit", unit, units))


def _check_kinds(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """An allowance is of units, or of money of the price plans that have to do with it."""
    for entry in sheets.allowances:
        form, place = entry.form, entry.place
        if form.unit not in names.currencies:
            if not form.usage_units:
                book.report(place, '"usage_units" is missing: expected the units that draw on it')
            if form.taxed:
                book.report(place.at("taxed"), 'stands only where "unit" is a currency')
            continue
        for word in ("usage_units", "bands"):
            if getattr(form, word):
                message = "an allowance in money pays for records, not for units or parts of them"
                book.report(place.at(word), message)
        for plan in sheets.price_plans:
            if form.id in _named_in(plan.form) and plan.form.currency != form.unit:
                message = f'allowance "{form.id}" is in {form.unit}, the price plan is not'
                book.report(plan.place.at("currency"), message)


def _check_groups(sheets: Sheets, book: ProblemBook) -> None:
    """What each subscription has for itself comes by its plan, and is not owed to the next."""
    own = {each.form.id for each in sheets.allowances if each.form.per == "subscription"}
    for entry in sheets.allowances:
        if entry.form.id in own and entry.form.overage == "carried":
            message = "what is carried is owed by the account: expected per account"
            book.report(entry.place.at("per"), message)
    for plan in sheets.price_plans:
        for fee, place in nested(plan, "fees"):
            for number, grant in enumerate(fee.grants):
                if grant.allowance in own:
                    message = (
                        f'"{grant.allowance}" is each subscription\'s: a fee grants to accounts'
                    )
                    book.report(place.at("grants", number).at("allowance"), message)


def _check_shares(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """What subscriptions have together is an allowance or a total that each has else for itself."""
    known = {*names.allowances, *names.accumulators}
    own = {each.form.id for each in sheets.allowances if each.form.per == "subscription"}
    own |= {each.form.id for each in sheets.accumulators if each.form.per == "subscription"}
    for plan in sheets.price_plans:
        seen = set[str]()
        for name, place in nested(plan, "shares"):
            if name not in known:
                book.report(place, unknown("allowance or accumulator", name, known))
            elif name not in own:
                book.report(place, f'"{name}" is no subscription\'s own: expected per subscription')
            elif name in seen:
                book.report(place, f'"{name}" is shared twice')
            seen.add(name)


def _named_in(plan: PricePlanForm) -> set[str]:
    """The allowances that a price plan grants or draws on."""
    granted = {grant.allowance for grant in plan.grants}
    granted |= {grant.allowance for fee in plan.fees for grant in fee.grants}
    return granted | {impact for offer in plan.offers for impact in all_impacts(offer)}


def _check_scope(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    zones = {zone for unit in names.zone_units for zone in names.zones_of(unit)}
    bands = {band for unit in names.time_units for band in names.bands_of(unit)}
    for allowance in sheets.allowances:
        for zone, place in nested(allowance, "zones"):
            if zone not in zones:
                book.report(place, unknown("zone", zone, zones))
        for band, place in nested(allowance, "bands"):
            if band not in bands:
                book.report(place, unknown("band", band, bands))
