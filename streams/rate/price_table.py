"""Which price: the prices of an offer compiled to one look-up by attributes, zone and band.

Of the prices whose `when` holds, the one with most words wins, and among those the first. That is
decided once for each combination of values and kept, so a record costs one dictionary access.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Protocol

from streams.model.catalog import BAND, ZONE, Graduated, PerUnit, PriceKind
from streams.model.money import Quantity
from streams.model.rated import ChargeLine
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.terms import OfferTerms

_COMBINATIONS_KEPT = 65_536

Attributes = dict[str, str]


class UnitPrice(Protocol):
    """A compiled price of one unit. `reference` names what its tiers are measured on, if any."""

    unit: str
    reference: str

    def lines(self, quantity: Quantity, used: Quantity) -> tuple[ChargeLine, ...]:
        """The charge of `quantity` after `used` units."""


PricesByUnit = dict[str, UnitPrice]


class PriceTable:
    """The prices of an offer. `prices_for` is their look-up."""

    __slots__ = ("_found", "_pick", "_prices", "_source")

    def __init__(self, terms: OfferTerms) -> None:
        words = {word for price in terms.offer.prices for word in price.when}
        self._pick = _picker(sorted(words - {ZONE, BAND}))
        self._source = terms.source
        numbered = list(enumerate(terms.offer.prices, start=1))
        numbered.sort(key=lambda entry: (-len(entry[1].when), entry[0]))
        self._prices = numbered
        self._found: dict[Any, PricesByUnit] = {}

    def prices_for(self, attributes: Attributes, zone: str, band: str) -> PricesByUnit:
        """The prices by unit that hold for these values; empty where none does."""
        key = (zone, band, self._pick(attributes))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _COMBINATIONS_KEPT:
                self._found.clear()
            found = self._found[key] = self._find(attributes, zone, band)
        return found

    def _find(self, attributes: Attributes, zone: str, band: str) -> PricesByUnit:
        values = attributes | {ZONE: zone, BAND: band}
        where = {word: value for word, value in ((ZONE, zone), (BAND, band)) if value}
        found: PricesByUnit = {}
        for number, price in self._prices:
            if all(values.get(word) == value for word, value in price.when.items()):
                source = f"{self._source}#{number}"
                for compiled in compile_price_kind(price.price, source, price.when | where):
                    found.setdefault(compiled.unit, compiled)
        return found


def compile_price_kind(kind: PriceKind, source: str, detail: dict[str, str]) -> list[UnitPrice]:
    """The compiled prices of one row, one for each unit that it names."""
    match kind:
        case PerUnit(amounts=amounts, per=per):
            return [
                PerUnitPrice(unit, amount=amount, per=per, source=source, detail=detail)
                for unit, amount in amounts.items()
            ]
        case Graduated():
            return [GraduatedPrice(kind, source=source, detail=detail)]


def units_of(kind: PriceKind) -> tuple[str, ...]:
    """The units that a price is for."""
    return tuple(kind.amounts) if isinstance(kind, PerUnit) else (kind.unit,)


def _picker(words: list[str]) -> Callable[[Attributes], Any]:
    """The values of these words, None for one that is missing; in C where all are there."""
    if not words:
        return lambda _: None
    pick = itemgetter(*words)

    def pick_values(attributes: Attributes) -> Any:
        try:
            return pick(attributes)
        except KeyError:
            values = tuple(map(attributes.get, words))
            return values if len(words) > 1 else values[0]

    return pick_values
