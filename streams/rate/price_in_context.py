"""Pricing where prices ask for more than a quantity and what was used before it.

For offers with prices that the record or the account decides, that add up, that end, that are due
without usage or are rounded as a whole; with quantities that become another unit's, or are counted
over a period; with accumulators of records. All others are priced by `rules/price.py`, which does
less.
"""

from collections.abc import Callable, Iterable, Mapping

from streams.model.money import Quantity
from streams.model.price import RECORD
from streams.model.usage import Usage
from streams.outcome import Reject
from streams.rate.measure import Counting, compile_counting, is_by_record
from streams.rate.no_price import no_price
from streams.rate.parts import keeps_parts
from streams.rate.price_table import PriceTable
from streams.rate.prices.composite import MixedPrice
from streams.rate.prices.price import AskedPrice, Closing, UnitPrice
from streams.rate.quantity import divided
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.terms import Impacts, OfferTerms

Counts = Mapping[str, Counting]


def needs_context(terms: OfferTerms, table: PriceTable, prices: Iterable[UnitPrice]) -> bool:
    """True where quantity and tier reference are not all that these prices go by."""
    return (
        terms.charges_zero
        or bool(table.account_words)
        or bool(terms.counts)
        or bool(terms.impacts)
        or not all(is_by_record(measure) for measure in terms.offer.measures)
        or any(
            isinstance(price, AskedPrice | MixedPrice)
            or price.limit is not None
            or bool(price.opening)
            or price.closing is not None
            for price in prices
        )
    )


def compile_price_in_context(terms: OfferTerms, table: PriceTable) -> Rule:
    """Append the lines of each usage; a leaf without a price refuses the record."""
    counts = {measure.unit: compile_counting(measure) for measure in terms.offer.measures}
    keeps = keeps_parts(terms)

    def price_in_context(rating: Rating) -> Reject | None:
        pricing = _Pricing(rating, terms, table, keeps=keeps)
        refusal = pricing.price(counts)
        if refusal is None:
            for accumulator in pricing.counted if terms.impacts else terms.counts:
                rating.moved[accumulator] = 1
        return refusal

    return price_in_context


class _Pricing:
    """The pricing of one record. `counted` are the accumulators of records that its prices move."""

    # Set where prices have impacts of their own, and only there.
    _impacts_for: Callable[[dict[str, str], str, str], dict[str, Impacts]] | None = None
    _burned: frozenset[str] | None = None
    counted: tuple[str, ...] = ()

    def __init__(
        self, rating: Rating, terms: OfferTerms, table: PriceTable, *, keeps: bool
    ) -> None:
        self._rating = rating
        self._attributes = table.words_of(rating)
        self._moves = terms.moves
        self._banded = terms.banded
        self._keeps_parts = keeps
        self._prices_for = table.prices_for
        if terms.impacts:
            self._impacts_for = table.impacts_for
        self._bound: dict[tuple[str, int], Mapping[str, UnitPrice]] = {}
        self._closings: dict[int, Closing] = {}

    def price(self, counts: Counts) -> Reject | None:
        """Every leaf, then what is only known at the end."""
        for usage in self._rating.record.usages:
            counting = counts.get(usage.unit)
            refusal = self._price_leaf(usage, counting)
            if refusal is not None:
                return refusal
        for closing in self._closings.values():
            self._close(closing)
        return None

    def _price_leaf(self, usage: Usage, counting: Counting | None) -> Reject | None:
        rating = self._rating
        unit, reference = usage.unit, RECORD
        quantity = usage.quantity
        if counting is not None:
            unit, reference = counting.unit, counting.reference
            quantity = counting.step(quantity)
            if reference == RECORD:
                quantity = counting.whole(quantity)
        before: Quantity = 0
        for number, (band, part) in enumerate(self._parts(quantity)):
            priced = part
            if counting is not None and reference != RECORD:
                held = rating.used_of(reference)
                part = counting.added(part, held)
                priced = counting.whole(held + part) - counting.whole(held)
            price = self._price_of(unit, band, before)
            if isinstance(price, Reject):
                return price
            used = self._used(price, before, counting)
            if price.limit is not None and used + priced > price.limit:
                return no_price(rating, unit, band, why="quantity not covered")
            if number == 0 and price.closing is not None:
                self._closings.setdefault(id(price.closing), price.closing)
            if price.opening:
                self._open(price, band, is_first=number == 0)
            moves = self._moves
            if self._impacts_for is not None:
                moves = self._narrow(unit, band)
            self._add(price, priced, used, band)
            for accumulator in moves.get(usage.unit, ()):
                if self._banded and self._banded.get(accumulator, band) != band:
                    continue
                moved = rating.moved.get(accumulator, 0)
                rating.moved[accumulator] = moved + (part if accumulator == reference else priced)
            before += priced
        return None

    def _narrow(self, unit: str, band: str) -> dict[str, tuple[str, ...]]:
        """Keep to what the price of a part burns and counts; what it moves."""
        assert self._impacts_for is not None
        impacts = self._impacts_for(self._attributes, self._rating.zone, band)[unit]
        self._burned = impacts.allowances
        self.counted += impacts.counts
        return impacts.moves

    def _parts(self, quantity: Quantity) -> list[tuple[str, Quantity]]:
        """The quantity by band, cut where the usage spans switches."""
        rating = self._rating
        if not rating.segments:
            return [(rating.band, quantity)]
        bands = [segment.band for segment in rating.segments]
        return list(zip(bands, divided(quantity, rating.segments), strict=True))

    def _price_of(self, unit: str, band: str, before: Quantity) -> UnitPrice | Reject:
        rating = self._rating
        prices = self._prices_for(self._attributes, rating.zone, band)
        price = prices.get(unit)
        if isinstance(price, AskedPrice):
            key = (band, id(price.binder))
            bound = self._bound.get(key)
            if bound is None:
                found = price.binder.bind(rating)
                if isinstance(found, Reject):
                    return found
                bound = self._bound[key] = found
            price = bound.get(unit)
        if price is None:
            return no_price(rating, unit, band)
        return price.at(rating, before) if isinstance(price, MixedPrice) else price

    def _used(self, price: UnitPrice, before: Quantity, counting: Counting | None) -> Quantity:
        """The tier reference before the part, counted as the part is."""
        if not price.reference:
            return 0
        if price.reference == RECORD:
            return before
        used = self._rating.used_of(price.reference)
        if counting is not None and counting.reference == price.reference:
            return counting.whole(used)
        return used

    def _open(self, price: UnitPrice, band: str, *, is_first: bool) -> None:
        """What is due at once, where this usage opens what the price is measured on."""
        rating, reference = self._rating, price.reference
        if is_first if reference in ("", RECORD) else not rating.has_opened(reference):
            rating.lines += price.opening
            if self._keeps_parts:
                # No allowance covers it: with a part of nothing the record is never covered whole.
                rating.parts.append(Part(price.unit, 0, 0, band, price, ()))

    def _add(self, price: UnitPrice, quantity: Quantity, used: Quantity, band: str) -> None:
        rating = self._rating
        lines = price.lines(quantity, used) if quantity else ()
        rating.lines += lines
        if self._keeps_parts:
            part = Part(price.unit, quantity, used, band, price, lines, self._burned)
            rating.parts.append(part)

    def _close(self, closing: Closing) -> None:
        rating = self._rating
        lines = closing.close(rating.lines)
        rating.lines += lines
        if lines and rating.parts:
            last = rating.parts[-1]
            rating.parts[-1] = Part(
                last.unit,
                last.quantity,
                last.used,
                last.band,
                last.price,
                last.lines + lines,
                last.allowances,
            )
