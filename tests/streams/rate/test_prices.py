"""Price kinds: (quantity, used before) → lines, on both sides of every boundary."""

from decimal import Decimal

import pytest

from streams.model.catalog import Graduated, Tier
from streams.model.money import Quantity
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.price import Label


def per_unit(amount: str, per: str = "1") -> PerUnitPrice:
    return PerUnitPrice("s", Label("p#1"), amount=Decimal(amount), per=Decimal(per))


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        (per_unit("0.1"), 3, "0.3"),
        (per_unit("1.25", "1000000"), 1, "0.00000125"),
        (per_unit("1", "3"), 1, "0.333333333333"),
        (per_unit("1", "3"), 3, "1"),
        (per_unit("2", "3"), 1, "0.666666666667"),
        (per_unit("0.1"), Decimal("2.5"), "0.25"),
        (per_unit("0"), 5, "0"),
        (per_unit("0.000000000001"), 10**20, "100000000"),
        (per_unit("0.0000000000001"), 1, "0"),
        (per_unit("0.0000000000001"), 10, "0.000000000001"),
    ],
)
def test_per_unit(price: PerUnitPrice, quantity: Quantity, amount: str) -> None:
    (line,) = price.lines(quantity, 0)
    assert line.amount == Decimal(amount)
    assert line.amount.as_tuple().exponent == -12
    assert (line.rule, line.unit, line.quantity, line.price) == ("per_unit", "s", quantity, "p#1")


TIERS = (Tier(Decimal(10), Decimal(1), Decimal(5)), Tier(Decimal(20), Decimal("0.5")),
         Tier(None, Decimal("0.1"), Decimal(2)))  # fmt: skip
GRADUATED = GraduatedPrice(Graduated(unit="s", tiers=TIERS), Label("p#1"))


@pytest.mark.parametrize(
    ("used", "quantity", "tiers"),
    [
        (0, 1, [("1", 1, "6")]),
        (0, 10, [("1", 10, "15")]),
        (0, 11, [("1", 10, "15"), ("2", 1, "0.5")]),
        (9, 1, [("1", 1, "1")]),
        (9, 2, [("1", 1, "1"), ("2", 1, "0.5")]),
        (10, 1, [("2", 1, "0.5")]),
        (10, 10, [("2", 10, "5")]),
        (19, 2, [("2", 1, "0.5"), ("3", 1, "2.1")]),
        (20, 1, [("3", 1, "2.1")]),
        (21, 1, [("3", 1, "0.1")]),
        (Decimal("9.5"), 1, [("1", Decimal("0.5"), "0.5"), ("2", Decimal("0.5"), "0.25")]),
        (0, 30, [("1", 10, "15"), ("2", 10, "5"), ("3", 10, "3")]),
    ],
)
def test_graduated(
    used: Quantity, quantity: Quantity, tiers: list[tuple[str, Quantity, str]]
) -> None:
    lines = GRADUATED.lines(quantity, used)
    found = [(line.detail["tier"], line.quantity, line.amount) for line in lines]
    assert found == [(tier, part, Decimal(amount)) for tier, part, amount in tiers]
