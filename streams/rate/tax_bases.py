"""What taxes are worked out on: the record's amount, cut by class, or by priced line.

Each piece is what was priced of it, less what allowances covered. Discounts, allowances in money,
the rounding of the record, what is above a maximum spend, and what a price adds for no quantity (a
session's minimum) are nobody's own: they are spread over the pieces in proportion, so that the
pieces sum to the record's amount exactly.
"""

from collections.abc import Hashable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from streams.model.money import CONTEXT, LINE_SCALE, ZERO, Currency, allot
from streams.model.rated import ChargeLine
from streams.model.tax import TAX_CLASS

_SPREAD: Final = frozenset({"discount", "maximum_spend", "money_allowance", "rounding"})


class Piece(Struct, gc=False):
    """An amount whose lines are taxed alike."""

    tax_class: str
    amount: Decimal


def pieces_of(
    lines: list[ChargeLine], amount: Decimal, currency: Currency, *, by_line: bool
) -> list[Piece]:
    """The record's `amount` in pieces: one a class of its lines, or one a priced line.

    Lines that are spread have the currency as their unit: free units are a piece's own.
    """
    key_of = _line_key if by_line else _class_key
    pieces: dict[Hashable, Piece] = {}
    rest = amount
    for line in lines:
        if _is_spread(line, currency):
            continue
        piece = pieces.setdefault(key_of(line), Piece(line.detail.get(TAX_CLASS, ""), ZERO))
        piece.amount = CONTEXT.add(piece.amount, line.amount)
        rest = CONTEXT.subtract(rest, line.amount)
    found = list(pieces.values()) or [Piece("", ZERO)]
    if rest:
        _spread(found, rest)
    return found


def _is_spread(line: ChargeLine, currency: Currency) -> bool:
    if line.rule in _SPREAD and line.unit == currency:
        return True
    return not line.quantity and TAX_CLASS not in line.detail


def _spread(pieces: list[Piece], rest: Decimal) -> None:
    weights = [abs(piece.amount) for piece in pieces]
    if len(pieces) == 1 or not any(weights):
        pieces[0].amount = CONTEXT.add(pieces[0].amount, rest)
        return
    units = int(rest.scaleb(LINE_SCALE, CONTEXT))
    for piece, part in zip(pieces, allot(units, weights), strict=True):
        piece.amount = CONTEXT.add(piece.amount, Decimal(part).scaleb(-LINE_SCALE, CONTEXT))


def _class_key(line: ChargeLine) -> Hashable:
    return line.detail.get(TAX_CLASS, "")


def _line_key(line: ChargeLine) -> Hashable:
    """An allowance's line is of the priced line that it takes back."""
    return line.unit, line.unit_amount, tuple(sorted(line.detail.items()))
