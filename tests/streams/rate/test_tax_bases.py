"""What taxes are on: pieces that sum to the amount, whatever belongs to none of them."""

from decimal import Decimal

import pytest

from streams.model.money import Quantity
from streams.model.rated import ChargeLine
from streams.rate.tax_bases import pieces_of
from tests.streams.rate.prices.asked import d


def line(
    amount: str, *, rule: str = "per_unit", unit: str = "min", quantity: Quantity = 1, tax: str = ""
) -> ChargeLine:
    detail = {"tax_class": tax} if tax else {}
    return ChargeLine(rule, "p", unit, quantity, d(amount), d(amount), detail)


DISCOUNT = line("-2", rule="discount", unit="CHF")
FREE = line("-2", rule="discount", unit="min")


@pytest.mark.parametrize(
    ("lines", "amount", "pieces"),
    [
        ([], "0", [("", "0")]),
        ([], "3", [("", "3")]),
        ([line("10")], "10", [("", "10")]),
        ([line("10"), DISCOUNT], "8", [("", "8")]),
        ([line("10"), line("0.005", rule="rounding", unit="CHF")], "10.005", [("", "10.005")]),
        ([line("6", tax="a"), line("2", tax="b"), DISCOUNT], "6", [("a", "4.5"), ("b", "1.5")]),
        ([line("6", tax="a"), line("2", tax="b"), FREE], "6", [("a", "6"), ("b", "2"), ("", "-2")]),
        ([line("0", tax="a"), line("0", tax="b")], "1", [("a", "1"), ("b", "0")]),
        ([line("0", tax="a"), line("4", tax="b")], "5", [("a", "0"), ("b", "5")]),
        ([line("6", tax="a"), line("1", quantity=0)], "7", [("a", "7")]),
        ([line("6", tax="a"), line("1", quantity=0, tax="b")], "7", [("a", "6"), ("b", "1")]),
        ([line("6", tax="a"), line("1", unit="CHF", tax="b")], "7", [("a", "6"), ("b", "1")]),
        (
            [line("1", tax="a"), line("1", tax="b"), line("1", tax="c")],
            "4",
            [("a", "1.333333333334"), ("b", "1.333333333333"), ("c", "1.333333333333")],
        ),
        ([line("-6", tax="a"), line("2", tax="b")], "0", [("a", "-3"), ("b", "3")]),
    ],
)
def test_pieces_by_class(
    lines: list[ChargeLine], amount: str, pieces: list[tuple[str, str]]
) -> None:
    found = pieces_of(lines, d(amount), "CHF", by_line=False)
    assert [(piece.tax_class, piece.amount) for piece in found] == [
        (tax, Decimal(part)) for tax, part in pieces
    ]


def test_by_line_an_allowance_belongs_to_the_line_that_it_takes_back() -> None:
    calls, texts = line("6"), line("2", unit="text")
    covered = ChargeLine("allowance", "free", "min", 1, d("6"), d("-4"), {})
    found = pieces_of([calls, texts, covered], d("4"), "CHF", by_line=True)
    assert [piece.amount for piece in found] == [2, 2]
    assert [piece.amount for piece in pieces_of([calls, texts], d("8"), "CHF", by_line=False)] == [
        8
    ]
