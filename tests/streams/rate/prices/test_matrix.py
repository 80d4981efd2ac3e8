"""Rows of a matrix: which is the best, and what a later part of a leaf pays."""

from streams.model.price import Range
from streams.model.prices import Matrix, MatrixGroup, MatrixRow
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label
from tests.streams.rate.prices.asked import Asked, d, priced, total


def rows(*listed: MatrixRow) -> Matrix:
    return Matrix(unit="u", groups=(MatrixGroup("", listed),))


def test_a_range_asks_for_as_much_as_a_word() -> None:
    word = MatrixRow(when={"qos": "high"}, unit_amount=d("1"))
    both = MatrixRow(when={"qos": "high"}, ranges={"memory": Range(d("64"))}, unit_amount=d("2"))
    asked = Asked({"u": 1}, {"qos": "high", "memory": "64"})
    assert total(rows(word, both), asked) == 2
    assert total(rows(both, word), asked) == 2
    assert total(rows(word, both), Asked({"u": 1}, {"qos": "high", "memory": "63"})) == 1
    two = MatrixRow(when={"qos": "high", "class": "a"}, unit_amount=d("3"))
    assert total(rows(both, two), Asked({"u": 1}, asked.attributes | {"class": "a"})) == 2
    assert total(rows(two, both), Asked({"u": 1}, asked.attributes | {"class": "a"})) == 3


def test_a_flat_amount_comes_with_the_first_part_of_a_leaf() -> None:
    flat = MatrixRow(flat_amount=d("10"), unit_amount=d("1"))
    (price,) = compile_kind(rows(flat), Label("p#1"))
    assert isinstance(price, Binder)
    bound = price.bind(Asked({"u": 5}))
    assert isinstance(bound, dict)
    amounts = [bound["u"].lines(quantity, used)[0].amount for used, quantity in ((0, 2), (2, 3))]
    assert amounts == [12, 3]


def test_a_row_tells_what_one_unit_costs() -> None:
    kind = Matrix(unit="u", per=d("4"), groups=(MatrixGroup("", (MatrixRow(unit_amount=d("2")),)),))
    (line,) = priced(kind, Asked({"u": 10}))
    assert (line.unit_amount, line.amount) == (d("0.5"), 5)
