"""Prices: one kind each, tiers that rise and end, rows that can be reached, no gap."""

from decimal import Decimal
from itertools import product

from connectors.catalog.form import GraduatedForm, OfferForm, PriceForm
from connectors.catalog.names import EVERYTHING_ELSE, Names
from connectors.catalog.problem import Place, ProblemBook, unknown
from connectors.catalog.sheets import Sheets, nested
from streams.model.catalog import BAND, RECORD, ZONE


def check_prices(sheets: Sheets, names: Names, book: ProblemBook) -> None:
    """Report prices that cannot be applied, are never applied, or are missing."""
    for plan in sheets.price_plans:
        for offer, place in nested(plan, "offers"):
            if not offer.prices:
                book.report(place.at("prices"), "expected at least one price")
            for number, price in enumerate(offer.prices):
                below = place.at("prices", number)
                _check_when(price, offer, below, names, book)
                _check_kind(price, offer, below, names, book)
            _check_reachable(offer, place, book)
            _check_covered(offer, place, names, book)


def units_of(price: PriceForm) -> tuple[str, ...]:
    """The units that a price is for."""
    if price.per_unit is not None:
        return tuple(price.per_unit.amounts)
    return () if price.graduated is None else (price.graduated.unit,)


def _check_when(
    price: PriceForm, offer: OfferForm, place: Place, names: Names, book: ProblemBook
) -> None:
    usage_type = names.usage_types.get(offer.usage_type)
    found = {ZONE: names.zones_of(offer.zone_unit), BAND: names.bands_of(offer.time_unit)}
    for word, value in price.when.items():
        below = place.at("when", word)
        if word in found:
            if not found[word]:
                book.report(below, f'"{word}" needs a {_UNIT_OF[word]} at the offer')
            elif value not in found[word]:
                book.report(below, unknown(word, value, found[word]))
        elif usage_type is not None and word not in usage_type.attributes:
            message = unknown("attribute", word, set(usage_type.attributes))
            book.report(below, message)


_UNIT_OF = {ZONE: "zone_unit", BAND: "time_unit"}


def _check_kind(
    price: PriceForm, offer: OfferForm, place: Place, names: Names, book: ProblemBook
) -> None:
    given = [kind for kind in ("per_unit", "graduated") if getattr(price, kind) is not None]
    if len(given) != 1:
        found = "both" if given else "neither"
        book.report(place, f"expected either per_unit or graduated, found {found}")
    usage_type = names.usage_types.get(offer.usage_type)
    for unit in units_of(price):
        if usage_type is not None and unit not in usage_type.units:
            below = place.at("per_unit", "amounts", unit)
            if price.graduated is not None:
                below = place.at("graduated", "unit")
            book.report(below, unknown("unit", unit, set(usage_type.units)))
    if price.per_unit is not None:
        below = place.at("per_unit")
        _check_positive(price.per_unit.per, below.at("per"), book)
        for unit, amount in price.per_unit.amounts.items():
            _check_amount(amount, below.at("amounts", unit), book)
        if not price.per_unit.amounts:
            book.report(below.at("amounts"), "expected at least one unit with its amount")
    if price.graduated is not None:
        below = place.at("graduated")
        _check_positive(price.graduated.per, below.at("per"), book)
        _check_tiers(price.graduated, below, book)
        _check_reference(price.graduated, offer, below, names, book)


def _check_tiers(price: GraduatedForm, place: Place, book: ProblemBook) -> None:
    before = Decimal(0)
    if not price.tiers:
        book.report(place.at("tiers"), "expected at least one tier")
    for number, tier in enumerate(price.tiers, start=1):
        below = place.at("tiers", number - 1)
        _check_amount(tier.unit_amount, below.at("unit_amount"), book)
        _check_amount(tier.flat_amount, below.at("flat_amount"), book)
        is_last = number == len(price.tiers)
        if tier.up_to is None:
            if not is_last:
                book.report(below, "only the last tier has no end: expected up_to")
            continue
        if tier.up_to <= before:
            book.report(below.at("up_to"), f"tiers must rise: expected more than {before}")
        if is_last:
            book.report(below.at("up_to"), "the last tier must have no end: leave up_to out")
        before = max(before, tier.up_to)


def _check_reference(
    price: GraduatedForm, offer: OfferForm, place: Place, names: Names, book: ProblemBook
) -> None:
    name = price.reference
    if name == RECORD:
        return
    accumulator = names.accumulators.get(name)
    if accumulator is None:
        message = unknown("accumulator", name, {RECORD, *names.accumulators})
        book.report(place.at("reference"), message)
        return
    sums = not accumulator.usage_units or price.unit in accumulator.usage_units
    if name not in offer.impacts or not sums:
        book.report(
            place.at("reference"),
            f'no usage of this offer moves accumulator "{name}" by {price.unit}:'
            " name it in the offer's impacts",
        )


def _check_reachable(offer: OfferForm, place: Place, book: ProblemBook) -> None:
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    for number, price in enumerate(offer.prices):
        for unit in units_of(price):
            key = (unit, tuple(sorted(price.when.items())))
            first = seen.setdefault(key, number)
            if first != number:
                book.report(
                    place.at("prices", number),
                    f"never reached for {unit}: price {first + 1} asks for the same",
                )


def _check_covered(offer: OfferForm, place: Place, names: Names, book: ProblemBook) -> None:
    """Every zone and band that can be found has a price, unless attributes decide as well."""
    by_place = [price for price in offer.prices if not set(price.when) - {ZONE, BAND}]
    if not by_place or len(by_place) < len(offer.prices):
        return
    zones = sorted(names.zones_of(offer.zone_unit)) or [EVERYTHING_ELSE]
    bands = sorted(names.bands_of(offer.time_unit)) or [EVERYTHING_ELSE]
    units = sorted({unit for price in by_place for unit in units_of(price)})
    for unit, zone, band in product(units, zones, bands):
        found = {ZONE: zone, BAND: band}
        if not any(
            unit in units_of(price)
            and all(found[word] == value for word, value in price.when.items())
            for price in by_place
        ):
            where = ", ".join(f"{k} {v}" for k, v in found.items() if v != EVERYTHING_ELSE)
            book.report(place.at("prices"), f"no price for {unit} in {where}")


def _check_amount(amount: Decimal, place: Place, book: ProblemBook) -> None:
    if amount < 0:
        book.report(place, f"expected 0 or more, found {amount}")


def _check_positive(number: Decimal, place: Place, book: ProblemBook) -> None:
    if number <= 0:
        book.report(place, f"expected more than 0, found {number}")
