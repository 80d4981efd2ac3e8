"""Price every leaf of the record, cut at band switches, and note what it moves.

A tier on an accumulator goes on where earlier leaves and parts of the same record have left off.
"""

from collections.abc import Callable
from typing import Final

from streams.model.catalog import RECORD
from streams.model.money import CONTEXT, Quantity
from streams.model.rated import ChargeLine
from streams.outcome import Drop, Reject
from streams.rate.held_price import compile_held_price
from streams.rate.measure import compile_counting
from streams.rate.no_price import no_price
from streams.rate.parts import keeps_parts
from streams.rate.price_in_context import compile_price_in_context, needs_context
from streams.rate.price_table import PriceTable, Row
from streams.rate.prices.per_unit import is_per_unit
from streams.rate.prices.price import UnitPrice
from streams.rate.quantity import divided
from streams.rate.rating import Part, Rating
from streams.rate.rule import Rule
from streams.rate.terms import OfferTerms

_multiply: Final = CONTEXT.multiply

_NO_ROWS: Final[dict[str, Row]] = {}

Counts = dict[str, Callable[[Quantity], Quantity]]
"""How a unit is counted before it is priced, of those that are not counted as they are."""


def compile_price(terms: OfferTerms) -> Rule:
    """Append the lines of each usage; a leaf without a price refuses the record."""
    if terms.offer.holding is not None:
        return compile_held_price(terms)
    table = PriceTable(terms)
    prices = tuple(table.all_prices())
    if needs_context(terms, table, prices):
        return compile_price_in_context(terms, table)
    countings = {measure.unit: compile_counting(measure) for measure in terms.offer.measures}
    counts: Counts = {unit: counting.by_record for unit, counting in countings.items()}
    price_parts = _compile_parts(terms, table, counts)
    moved_alike = _alike(terms)
    if moved_alike is None or not all(map(is_per_unit, prices)):
        return price_parts
    return _compile_plain(terms, table, counts, moved_alike=moved_alike, price_parts=price_parts)


def _compile_plain(
    terms: OfferTerms,
    table: PriceTable,
    counts: Counts,
    *,
    moved_alike: tuple[str, ...],
    price_parts: Rule,
) -> Rule:
    """Prices of one unit, leaves that all move the same accumulators: one line a leaf.

    Where an exact price meets a whole quantity its line is made here, as `PerUnitPrice.lines` would
    make it: this loop is most of what a record of tokens costs.
    """
    prices_for, may_be_cut = table.prices_for, terms.bands is not None

    def price_plainly(rating: Rating) -> Drop | Reject | None:
        if may_be_cut and rating.segments:
            return price_parts(rating)
        record, lines = rating.record, rating.lines
        prices = prices_for(record.attributes, rating.zone, rating.band)
        rows = _NO_ROWS if counts else prices.rows
        counted: Quantity = 0
        for usage in record.usages:
            quantity = usage.quantity
            row = rows.get(usage.unit)
            if row is not None and type(quantity) is int:
                unit, each, rule, source, detail = row
                amount = _multiply(quantity, each)
                lines.append(ChargeLine(rule, source, unit, quantity, each, amount, detail))
            else:
                unit = usage.unit
                price = prices.get(unit)
                if price is None:
                    return no_price(rating, unit, rating.band)
                if unit in counts:
                    quantity = counts[unit](quantity)
                lines += price.lines(quantity, 0)
            counted += quantity
        rating.prices = prices
        rating.counted = counted
        for accumulator in moved_alike:
            rating.moved[accumulator] = counted
        return None

    return price_plainly


def _compile_parts(terms: OfferTerms, table: PriceTable, counts: Counts) -> Rule:
    """Leaf by leaf, and segment by segment where the usage spans band switches."""
    prices_for = table.prices_for
    price_part = _compile_part(terms)

    def price_leaves(rating: Rating) -> Reject | None:
        if rating.segments:
            return price_segments(rating)
        record, band = rating.record, rating.band
        prices = prices_for(record.attributes, rating.zone, band)
        for usage in record.usages:
            unit, quantity = usage.unit, usage.quantity
            price = prices.get(unit)
            if price is None:
                return no_price(rating, unit, band)
            if unit in counts:
                quantity = counts[unit](quantity)
            price_part(rating, price, quantity, 0, band)
        return None

    def price_segments(rating: Rating) -> Reject | None:
        record, segments = rating.record, rating.segments
        for usage in record.usages:
            unit, quantity = usage.unit, usage.quantity
            if unit in counts:
                quantity = counts[unit](quantity)
            before: Quantity = 0
            for segment, part in zip(segments, divided(quantity, segments), strict=True):
                price = prices_for(record.attributes, rating.zone, segment.band).get(unit)
                if price is None:
                    return no_price(rating, unit, segment.band)
                price_part(rating, price, part, before, segment.band)
                before += part
        return None

    return price_leaves


def _compile_part(
    terms: OfferTerms,
) -> Callable[[Rating, UnitPrice, Quantity, Quantity, str], None]:
    moves, keeps, banded = terms.moves, keeps_parts(terms), terms.banded

    def price_part(
        rating: Rating, price: UnitPrice, quantity: Quantity, before: Quantity, band: str
    ) -> None:
        """One part of a leaf; `before` is how much of the leaf earlier parts have taken."""
        unit, reference = price.unit, price.reference
        used: Quantity = 0
        if reference == RECORD:
            used = before
        elif reference:
            used = rating.used_of(reference)
            if rating.room:
                rating.room[-1] = price.room(quantity, used)
        priced = price.lines(quantity, used)
        rating.lines += priced
        if keeps:
            rating.parts.append(Part(unit, quantity, used, band, price, priced))
        moved = rating.moved
        for accumulator in moves.get(unit, ()):
            if not banded or banded.get(accumulator, band) == band:
                moved[accumulator] = moved.get(accumulator, 0) + quantity

    return price_part


def _alike(terms: OfferTerms) -> tuple[str, ...] | None:
    """The accumulators that every unit moves; None where units move different ones."""
    moved = {terms.moves.get(unit, ()) for unit in terms.units}
    return moved.pop() if len(moved) == 1 else None
