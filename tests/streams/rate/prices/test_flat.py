"""One amount for a record, whatever and however much it measures."""

from decimal import Decimal

import pytest

from streams.model.money import Quantity
from streams.model.prices import Flat
from streams.rate.prices.flat import FlatOfFirst, first_of
from streams.rate.prices.price import Label
from tests.streams.rate.prices.asked import Asked, d, of, priced, total

SEVERAL = Flat(units=("a", "b"), amount=d("5"))


def test_what_is_due_for_usage_of_nothing_has_no_quantity() -> None:
    (line,) = priced(Flat(units=("u",), amount=d("5")), of(0), charges_zero=True)
    assert (line.quantity, line.unit_amount, line.amount) == (0, 5, 5)


@pytest.mark.parametrize(
    ("units", "first"),
    [
        ({"a": 1, "b": 1}, "a"),
        ({"b": 1, "a": 1}, "b"),
        ({"a": 0, "b": 1}, "b"),
        ({"b": 0, "a": 0}, "b"),
        ({"x": 1, "b": 1}, "b"),
        ({"x": 1}, None),
    ],
)
def test_it_stands_on_the_first_of_its_units_that_has_any(
    units: dict[str, Quantity], first: str | None
) -> None:
    assert first_of(Asked(units), SEVERAL.units) == first
    prices = FlatOfFirst(SEVERAL, Label("p#1")).bind(Asked(units))
    amounts = {
        unit: sum((line.amount for line in price.lines(1, 0)), Decimal(0))
        for unit, price in prices.items()
    }
    assert amounts == {"a": 0, "b": 0} | ({first: 5} if first else {})


def test_several_units_of_nothing_cost_it_once_where_zero_usage_is_charged() -> None:
    assert total(SEVERAL, Asked({"a": 0, "b": 0}), charges_zero=True) == 5
    assert total(SEVERAL, Asked({"a": 0, "b": 0})) == 0
