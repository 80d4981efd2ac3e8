"""Which price: the prices of an offer compiled to one look-up by attributes, zone and band.

Of the prices whose `when` holds, the one with most words wins, and among those the first; prices
agreed with the account come before all others. That is
decided once for each combination of values and kept, so a record costs one dictionary access.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from streams.model.catalog import BAND, ZONE, Price, PriceKind
from streams.model.tax import TAX_CLASS
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.per_unit import is_per_unit
from streams.rate.prices.price import AskedPrice, Binder, Label, UnitPrice
from streams.rate.rating import Rating
from streams.rate.terms import Impacts, OfferTerms
from streams.rate.words import held_words

_COMBINATIONS_KEPT = 65_536

Attributes = dict[str, str]
Numbered = tuple[int, Price]
"""A price with its number in the offer."""


Row = tuple[str, Decimal, str, str, dict[str, str]]
"""A price of which a whole quantity is multiplied and no more: unit, amount of one, and what its
line says: rule, source, detail."""


class PricesByUnit(dict[str, UnitPrice]):
    """By unit; an `AskedPrice` where the record decides. `rows` are the plainest of them."""

    __slots__ = ("rows",)

    rows: dict[str, Row]


class PriceTable:
    """The prices of an offer. `prices_for` is their look-up.

    `account_words` are the words of whoever pays that it asks for, with where they stand.
    """

    __slots__ = (
        "_by_value",
        "_charges_zero",
        "_evaluations",
        "_found",
        "_impacts",
        "_impacts_found",
        "_pick",
        "_prices",
        "_terms",
        "_word",
        "_words",
        "account_words",
    )

    def __init__(self, terms: OfferTerms) -> None:
        words = {word for price in terms.offer.prices for word in price.when}
        self._words = sorted(words - {ZONE, BAND})
        self._pick = itemgetter(*self._words) if self._words else _nothing_of
        self.account_words = held_words(words)
        self._terms = terms
        self._charges_zero = terms.charges_zero
        self._evaluations = frozenset(terms.plan.evaluations)
        numbered = list(enumerate(terms.offer.prices, start=1))
        agreed = terms.agreed
        numbered.sort(key=lambda entry: (entry[0] > agreed, -len(entry[1].when), entry[0]))
        self._prices = numbered
        self._word, self._by_value = _indexed(numbered)
        self._found: dict[Any, PricesByUnit] = {}
        self._impacts = terms.impacts
        self._impacts_found: dict[Any, dict[str, Impacts]] = {}

    def words_of(self, rating: Rating) -> Attributes:
        """What the record has, with what the prices ask of its account."""
        attributes = rating.record.attributes
        if not self.account_words:
            return attributes
        held = rating.payer.account.attributes
        return attributes | {word: held[name] for word, name in self.account_words if name in held}

    def prices_for(self, attributes: Attributes, zone: str, band: str) -> PricesByUnit:
        """The prices by unit that hold for these values; empty where none does."""
        try:
            key = (zone, band, self._pick(attributes))
        except KeyError:
            key = (zone, band, tuple(map(attributes.get, self._words)))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _COMBINATIONS_KEPT:
                self._found.clear()
            found = self._found[key] = self._find(attributes, zone, band)
        return found

    def impacts_for(self, attributes: Attributes, zone: str, band: str) -> dict[str, Impacts]:
        """What usage does at the prices that hold for these values, by unit."""
        key = (zone, band, tuple(map(attributes.get, self._words)))
        found = self._impacts_found.get(key)
        if found is None:
            if len(self._impacts_found) >= _COMBINATIONS_KEPT:
                self._impacts_found.clear()
            found = self._impacts_found[key] = {}
            for number, price in self._holding(attributes, zone, band):
                impacts = self._impacts.get(number - self._terms.agreed, self._impacts[0])
                for unit in price.price.units:
                    found.setdefault(unit, impacts)
        return found

    def _holding(self, attributes: Attributes, zone: str, band: str) -> Iterator[Numbered]:
        """The prices whose words hold, in their order."""
        values = attributes | {ZONE: zone, BAND: band}
        asked, anyhow = values.get(self._word, ""), self._by_value[None]
        for number, price in self._by_value.get(asked, anyhow):
            if all(values.get(word) == value for word, value in price.when.items()):
                yield number, price

    def _find(self, attributes: Attributes, zone: str, band: str) -> PricesByUnit:
        where = {word: value for word, value in ((ZONE, zone), (BAND, band)) if value}
        found = PricesByUnit()
        for number, price in self._holding(attributes, zone, band):
            told = price.when | where
            if price.tax_class:
                told = told | {TAX_CLASS: price.tax_class}
            label = self._label(self._terms.source_of(number), told)
            for unit, compiled in _by_unit(price.price, label):
                found.setdefault(unit, compiled)
        found.rows = {unit: row for unit, price in found.items() if (row := _row_of(price))}
        return found

    def _label(self, source: str, detail: dict[str, str]) -> Label:
        return Label(source, detail, self._charges_zero, self._evaluations)

    def all_prices(self) -> Iterator[UnitPrice]:
        """Every price that a record can meet, to see what pricing it takes."""
        for _, price in self._prices:
            label = self._label(self._terms.source, {})
            yield from (compiled for _, compiled in _by_unit(price.price, label))


def _indexed(prices: Sequence[Numbered]) -> tuple[str, dict[str | None, list[Numbered]]]:
    """The word that most prices ask for, and those that a value of it can meet, in their order.

    None stands for values that no price asks for. A deck has thousands of zones, a table of models
    thousands of models: of their prices, a record meets few.
    """
    counted = Counter(word for _, price in prices for word in price.when)
    word = max(counted, key=lambda each: counted[each], default="")
    by_value: dict[str | None, list[Numbered]] = {None: []}
    by_value |= {price.when[word]: [] for _, price in prices if word in price.when}
    for entry in prices:
        value = entry[1].when.get(word)
        if value is not None:
            by_value[value].append(entry)
        else:
            for listed in by_value.values():
                listed.append(entry)
    return word, by_value


def _by_unit(kind: PriceKind, label: Label) -> Iterator[tuple[str, UnitPrice]]:
    for compiled in compile_kind(kind, label):
        if isinstance(compiled, Binder):
            yield from ((unit, AskedPrice(unit, compiled)) for unit in compiled.units)
        else:
            yield compiled.unit, compiled


def _row_of(price: UnitPrice) -> Row | None:
    """The price as a row, where it is the same for each unit and exact."""
    if is_per_unit(price) and price.is_exact:
        return price.unit, price.unit_amount, price.rule, price.source, price.detail
    return None


def _nothing_of(_: Attributes) -> None:
    """The values of no words."""
