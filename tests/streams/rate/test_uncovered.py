"""What is undone before allowances are asked, and which offers can take anything back."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.model.money import Quantity
from streams.model.prices import PerUnit, Tier, Volume
from streams.rate.uncovered import gives_back, takes_back, undone
from tests.streams.rate.prices.asked import d

UNIT = PerUnit(amounts={"u": d("1")})
VOLUME = Volume(unit="u", tiers=(Tier(None, d("1")),))


@pytest.mark.parametrize(
    ("total", "quantity", "expected"),
    [
        (5, -3, -3), (5, -5, -5), (5, -6, -5), (1, -1, -1), (5, 1, 0), (0, -1, 0),
        (-5, 3, 3), (-5, 5, 5), (-5, 6, 5), (-1, 1, 1), (-5, -1, 0), (0, 1, 0),
    ],
)  # fmt: skip
def test_no_more_is_undone_than_there_is(
    total: Quantity, quantity: Quantity, expected: Quantity
) -> None:
    assert undone(total, quantity) == expected


def terms(*aggregates: str, kinds: tuple[Any, ...] = (UNIT,), derived: bool = False) -> Any:
    return SimpleNamespace(
        rate_units="some" if derived else None,
        offer=SimpleNamespace(
            measures=[SimpleNamespace(aggregate=each) for each in aggregates],
            prices=[SimpleNamespace(price=kind) for kind in kinds],
        ),
    )


@pytest.mark.parametrize(
    ("asked", "takes", "gives"),
    [
        (terms(), False, False),
        (terms("sum", "max"), False, False),
        (terms("sum", "latest"), True, True),
        (terms(derived=True), True, True),
        (terms(kinds=(UNIT, VOLUME)), False, True),
        (terms(kinds=(VOLUME,)), False, True),
    ],
)
def test_one_unit_or_price_is_enough(asked: Any, takes: bool, gives: bool) -> None:
    assert (takes_back(asked), gives_back(asked)) == (takes, gives)
