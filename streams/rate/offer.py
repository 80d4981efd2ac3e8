"""Which price: an offer compiled to one look-up by attributes, zone and band.

Of the prices whose `when` holds, the one with most words wins, and among those the first. That is
decided once for each combination of values and kept, so a record costs one dictionary access.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from streams.model.catalog import (
    BAND,
    ZONE,
    Allowance,
    Graduated,
    PerUnit,
    Price,
    PriceKind,
    PriceOffer,
)
from streams.model.instant import Instant
from streams.model.money import Quantity
from streams.model.rated import ChargeLine
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.quantity import compile_measure
from streams.rate.time_unit import BandCalendar
from streams.rate.zone_unit import ZoneTable

_COMBINATIONS_KEPT = 65_536


class UnitPrice(Protocol):
    """A compiled price of one unit. `reference` names what its tiers are measured on, if any."""

    unit: str
    reference: str

    def lines(self, quantity: Quantity, used: Quantity) -> tuple[ChargeLine, ...]:
        """The charge of `quantity` after `used` units."""


PricesByUnit = dict[str, UnitPrice]


class OfferParts(NamedTuple):
    """What an offer refers to, found by name."""

    zones: ZoneTable | None
    bands: BandCalendar | None
    allowances: tuple[Allowance, ...]
    moves: dict[str, tuple[str, ...]]
    """Accumulators moved by usage, by unit."""
    units: tuple[str, ...]
    """All units of the usage type."""


class CompiledOffer:
    """A price offer, ready to look up.

    `is_plain`: leaves are priced as they are, without tiers, and all move `moved_alike`.
    """

    __slots__ = (
        "_by_band",
        "_by_zone",
        "_found",
        "_keys",
        "_prices",
        "_source",
        "allowances",
        "bands",
        "end",
        "is_plain",
        "measures",
        "moved_alike",
        "moves",
        "product",
        "start",
        "zones",
    )

    def __init__(self, offer: PriceOffer, *, source: str, parts: OfferParts) -> None:
        self.product = offer.product
        self.start: Instant = offer.start
        self.end: Instant = offer.end
        self.zones = parts.zones
        self.bands = parts.bands
        self.allowances = parts.allowances
        self.moves = parts.moves
        self.moved_alike = _alike(parts.moves, parts.units)
        self.is_plain = (
            not offer.measures
            and (bool(self.moved_alike) or not parts.moves)
            and not any(isinstance(price.price, Graduated) for price in offer.prices)
        )
        self.measures = {measure.unit: compile_measure(measure) for measure in offer.measures}
        words = {word for price in offer.prices for word in price.when}
        self._by_zone = ZONE in words
        self._by_band = BAND in words
        self._keys = sorted(words - {ZONE, BAND})
        self._source = source
        numbered = list(enumerate(offer.prices, start=1))
        numbered.sort(key=lambda entry: (-len(entry[1].when), entry[0]))
        self._prices: Sequence[tuple[int, Price]] = numbered
        self._found: dict[tuple[str | None, ...], PricesByUnit] = {}

    def prices_for(self, attributes: dict[str, str], zone: str, band: str) -> PricesByUnit:
        """The prices by unit that hold for these values; empty where none does."""
        key = (zone, band, *map(attributes.get, self._keys))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _COMBINATIONS_KEPT:
                self._found.clear()
            found = self._found[key] = self._find(attributes, zone, band)
        return found

    def _find(self, attributes: dict[str, str], zone: str, band: str) -> PricesByUnit:
        values = attributes | {ZONE: zone, BAND: band}
        where = {word: value for word, value in ((ZONE, zone), (BAND, band)) if value}
        found: PricesByUnit = {}
        for number, price in self._prices:
            if all(values.get(word) == value for word, value in price.when.items()):
                source = f"{self._source}#{number}"
                for compiled in compile_price(price.price, source, price.when | where):
                    found.setdefault(compiled.unit, compiled)
        return found


def _alike(moves: dict[str, tuple[str, ...]], units: tuple[str, ...]) -> tuple[str, ...]:
    """The accumulators that every unit moves, where all units move the same."""
    moved = {moves.get(unit, ()) for unit in units}
    return moved.pop() if len(moved) == 1 else ()


def compile_price(kind: PriceKind, source: str, detail: dict[str, str]) -> list[UnitPrice]:
    """The compiled prices of one row, one for each unit that it names."""
    match kind:
        case PerUnit(amounts=amounts, per=per):
            return [
                PerUnitPrice(unit, amount=amount, per=per, source=source, detail=detail)
                for unit, amount in amounts.items()
            ]
        case Graduated():
            return [GraduatedPrice(kind, source=source, detail=detail)]
