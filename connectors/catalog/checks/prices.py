"""Prices: one kind each that makes sense, rows that can be reached, no gap."""

from itertools import product

from msgspec.structs import replace

from connectors.catalog.checks.asked import is_of_payer, wrong_value
from connectors.catalog.checks.impacts import check_impacts
from connectors.catalog.checks.kinds import CHECK_KIND
from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.checks.tier_impacts import check_tier_impacts
from connectors.catalog.form import OfferForm
from connectors.catalog.forms.prices import CompositeForm, PriceForm, SimpleKindsForm
from connectors.catalog.names import EVERYTHING_ELSE, Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.resolution.prices import given_kinds, price_kind
from connectors.catalog.sheets import Sheets, nested
from streams.model.catalog import BAND, ZONE


def check_prices(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report prices that cannot be applied, are never applied, or are missing."""
    for plan in sheets.price_plans:
        for offer, place in nested(plan, "offers"):
            if not offer.prices:
                book.report(place.at("prices"), "expected at least one price")
            for rows in ("prices", "costs"):
                for number, price in enumerate(getattr(offer, rows)):
                    below = place.at(rows, number)
                    check_price(price, offer, below, names, book)
                    if rows == "prices":
                        check_impacts(price, offer, below, names=names, book=book)
                        check_tier_impacts(price, offer, below, names=names, book=book)
                    elif price.impacts is not None:
                        book.report(below.at("impacts"), "a cost moves and burns nothing")
                check_reachable(offer, rows, place, book)
                _check_covered(offer, rows, place, names=names, book=book)
            _check_cost(offer, plan.form.currency, place, sheets, book)


def _check_cost(
    offer: OfferForm, currency: str, place: Place, sheets: Sheets, book: ProblemBook
) -> None:
    """Costs are of their own, in a currency that leads to the plan's."""
    for number, cost in enumerate(offer.costs):
        parts = () if cost.composite is None else cost.composite.parts
        if any(row.cost_plus is not None for row in (cost, *parts)):
            book.report(place.at("costs", number), "a cost cannot be a markup on itself")
        if cost.tax_class:
            book.report(place.at("costs", number, "tax_class"), "costs are not taxed")
    source = offer.cost_currency
    if not source or source == currency:
        return
    known = {entry.form.code for entry in sheets.currencies}
    if not offer.costs:
        book.report(place.at("cost_currency"), 'stands only beside "costs"')
    elif source not in known:
        book.report(place.at("cost_currency"), unknown("currency", source, known))
    elif not any(
        (rate.form.source, rate.form.target) == (source, currency) for rate in sheets.exchange_rates
    ):
        message = f"there is no exchange rate from {source} to {currency}"
        book.report(place.at("cost_currency"), message)


def check_price(
    price: PriceForm, offer: OfferForm, place: Place, names: Names, book: ProblemBook
) -> None:
    """Report what is wrong with one price of an offer."""
    if price.impacts is not None:
        offer = replace(offer, impacts=price.impacts)
    _check_when(price, offer, place, names, book)
    _check_kind(price, KindCheck(place, offer, names, book))


def units_of(price: PriceForm) -> tuple[str, ...]:
    """The units that a price is for; none where its kind is not told rightly."""
    kinds = given_kinds(price)
    parts = () if price.composite is None else price.composite.parts
    if len(kinds) != 1 or any(len(given_kinds(part)) != 1 for part in parts):
        return ()
    return price_kind(price).units


def _check_when(
    price: PriceForm, offer: OfferForm, place: Place, names: Names, book: ProblemBook
) -> None:
    usage_type = names.usage_types.get(offer.usage_type)
    found = {ZONE: names.zones_of(offer.zone_unit), BAND: names.bands_of(offer.time_unit)}
    for word, value in price.when.items():
        below = place.at("when", word)
        if word in found:
            if not found[word]:
                if not getattr(offer, _UNIT_OF[word]):
                    book.report(below, f'"{word}" needs a {_UNIT_OF[word]} at the offer')
            elif value not in found[word]:
                book.report(below, unknown(word, value, found[word]))
        elif is_of_payer(word, names):
            wrong = wrong_value(word, value, names)
            if wrong is not None:
                book.report(below, wrong)
        elif usage_type is not None and word not in usage_type.attributes:
            known = set(usage_type.attributes) | names.declared()
            book.report(below, unknown("attribute", word, known))


_UNIT_OF = {ZONE: "zone_unit", BAND: "time_unit"}


def _check_kind(price: SimpleKindsForm, check: KindCheck) -> None:
    kinds = given_kinds(price)
    if len(kinds) != 1:
        found = " and ".join(map(_word_of, kinds)) or "none"
        check.report(f"expected exactly one kind of price, found {found}")
    for kind, form in kinds.items():
        below = check.below(_word_of(kind))
        if isinstance(form, CompositeForm):
            _check_parts(form, below)
        else:
            CHECK_KIND[kind](form, below)


def _check_parts(composite: CompositeForm, check: KindCheck) -> None:
    if len(composite.parts) < 2:
        check.report(f"expected two parts or more, found {len(composite.parts)}", "parts")
    rounded: set[str] = set()
    for number, part in enumerate(composite.parts):
        if part.volume is not None and part.volume.settle != "none":
            message = "a part of a price is not settled: expected a price of its own"
            check.report(message, "parts", number, "volume", "settle")
        for word in ("minimum_with_tax", "maximum_with_tax"):
            if part.ev is not None and getattr(part.ev, word) is not None:
                message = "a part of a price has no tax of its own: expected a price of its own"
                check.report(message, "parts", number, "ev", word)
        below = check.below("parts", number)
        _check_kind(part, below)
        rate = part.telecom_rate
        if rate is not None and (rate.rounding is not None or rate.max_cost is not None):
            if rate.unit in rounded:
                below.report(f"{rate.unit} is rounded or limited by another part already")
            rounded.add(rate.unit)


def _word_of(kind: str) -> str:
    """The word of a file for a field of the form."""
    return "SLAB" if kind == "slab" else kind


def check_reachable(offer: OfferForm, rows: str, place: Place, book: ProblemBook) -> None:
    """Report prices that another one of the same offer stands before."""
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    for number, price in enumerate(getattr(offer, rows)):
        for unit in units_of(price):
            key = (unit, tuple(sorted(price.when.items())))
            first = seen.setdefault(key, number)
            if first != number:
                book.report(
                    place.at(rows, number),
                    f"never reached for {unit}: price {first + 1} asks for the same",
                )


def _check_covered(
    offer: OfferForm, rows: str, place: Place, *, names: Names, book: ProblemBook
) -> None:
    """Every zone and band that can be found has a price, unless attributes decide as well."""
    listed = getattr(offer, rows)
    by_place = [price for price in listed if not set(price.when) - {ZONE, BAND}]
    if any(
        getattr(offer, name) not in known
        for name, known in (("zone_unit", names.zone_units), ("time_unit", names.time_units))
        if getattr(offer, name)
    ):
        return
    if not by_place or len(by_place) < len(listed):
        return
    zones = sorted(names.zones_of(offer.zone_unit)) or [EVERYTHING_ELSE]
    bands = sorted(names.bands_of(offer.time_unit)) or [EVERYTHING_ELSE]
    covered: dict[tuple[str | None, str | None], set[str]] = {}
    for price in by_place:
        asked = (price.when.get(ZONE), price.when.get(BAND))
        covered.setdefault(asked, set()).update(units_of(price))
    units = set().union(*covered.values())
    for zone, band in product(zones, bands):
        fitting = ((zone, band), (zone, None), (None, band), (None, None))
        missing = units.difference(*(covered.get(asked, ()) for asked in fitting))
        for unit in sorted(missing):
            found = {ZONE: zone, BAND: band}
            where = ", ".join(f"{k} {v}" for k, v in found.items() if v != EVERYTHING_ELSE)
            what = "price" if rows == "prices" else "cost"
            book.report(place.at(rows), f"no {what} for {unit} in {where}")
