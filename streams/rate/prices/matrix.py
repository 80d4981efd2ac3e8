"""Amounts by what the usage is: the best row of each group, and the groups add up.

A row holds where all its attributes have the values it says and all its numbers lie in their
ranges, `from` inclusive and `below` exclusive; an attribute that it does not name may be any. Of
several that hold the one that names most wins, and among those the first. A group without a row
that holds adds nothing; where no group has one, there is no price.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from streams.model.attribute import held_key
from streams.model.money import CONTEXT, Quantity, quantize_line
from streams.model.price import RECORD, Range
from streams.model.prices import Matrix, MatrixRow
from streams.outcome import Reject
from streams.plain.values import read_quantity_text
from streams.rate.prices.price import (
    Asking,
    Binder,
    CompiledPrice,
    Label,
    Lines,
    UnitPrice,
    given_back,
    product_of,
)

_COMBINATIONS_KEPT = 65_536


class RowsPrice(CompiledPrice):
    """The rows that were found: a line for each; a `flat_amount` on the first part of a leaf."""

    __slots__ = ("_per", "_rows")

    rule = "matrix"

    def __init__(
        self,
        matrix: Matrix,
        label: Label,
        *,
        rows: list[tuple[str, MatrixRow]],
        of_payer: dict[str, str],
    ) -> None:
        super().__init__(matrix.unit, label, reference=RECORD)
        self._per = matrix.per
        self._rows = [
            (
                row,
                quantize_line(CONTEXT.divide(row.unit_amount, matrix.per)),
                label.detail
                | row.when
                | _told(row, of_payer)
                | ({"group": group} if group else {}),
            )
            for group, row in rows
        ]

    def lines(self, quantity: Quantity, used: Quantity) -> Lines:
        """One line a row."""
        if quantity < 0:
            return given_back(self, quantity, used)
        made = []
        for row, each, detail in self._rows:
            amount = product_of(quantity, row.unit_amount, self._per)
            if row.flat_amount and not used:
                amount = quantize_line(CONTEXT.add(amount, row.flat_amount))
            made.append(self.line(quantity, each=each, amount=amount, detail=detail))
        return tuple(made)


class MatrixPrice(Binder):
    """Finds the rows by attributes; found once for each combination of values."""

    __slots__ = ("_found", "_is_held", "_label", "_matrix", "_words")

    def __init__(self, price: Matrix, label: Label) -> None:
        super().__init__(price.units)
        self._matrix = price
        rows = [row for group in price.groups for row in group.rows]
        self._words = sorted({word for row in rows for word in (*row.when, *row.ranges)})
        self._is_held = any(map(held_key, self._words))
        self._label = label
        self._found: dict[Any, dict[str, UnitPrice]] = {}

    def bind(self, asking: Asking) -> dict[str, UnitPrice]:
        """The rows for this record; none where no group has one."""
        value_of = asking.word if self._is_held else asking.record.attributes.get
        key = tuple(map(value_of, self._words))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _COMBINATIONS_KEPT:
                self._found.clear()
            found = self._found[key] = self._find(dict(zip(self._words, key, strict=True)))
        return found

    def _find(self, attributes: Mapping[str, str | None]) -> dict[str, UnitPrice]:
        rows: list[tuple[str, MatrixRow]] = []
        for group in self._matrix.groups:
            holding = [row for row in group.rows if _holds(row, attributes)]
            if holding:
                best = max(holding, key=lambda row: len(row.when) + len(row.ranges))
                rows.append((group.group, best))
        if not rows:
            return {}
        of_payer = {word: value for word, value in attributes.items() if value and held_key(word)}
        price = RowsPrice(self._matrix, self._label, rows=rows, of_payer=of_payer)
        return {self._matrix.unit: price}


def _told(row: MatrixRow, of_payer: dict[str, str]) -> dict[str, str]:
    """The numbers of whoever pays that the row was found by: the record does not tell them."""
    return {word: of_payer[word] for word in row.ranges if word in of_payer}


def _holds(row: MatrixRow, attributes: Mapping[str, str | None]) -> bool:
    return all(attributes.get(word) == value for word, value in row.when.items()) and all(
        is_within(attributes.get(word), bounds) for word, bounds in row.ranges.items()
    )


def is_within(text: str | None, bounds: Range) -> bool:
    """True where the text is a number of the range."""
    number = Reject if text is None else read_quantity_text(text, "")
    return isinstance(number, int | Decimal) and holds(bounds, number)


def holds(bounds: Range, number: Quantity) -> bool:
    """True where the number lies in the range."""
    if bounds.start is not None and number < bounds.start:
        return False
    return bounds.below is None or number < bounds.below
