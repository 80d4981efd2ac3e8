"""Which offers keep parts, which units are free by month, and what a line's part is."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.model.discount import Discount
from streams.model.instant import BEGINNING, FOREVER
from streams.model.prices import PerUnit
from streams.rate.parts import keeps_parts, monthly_free, parts_of
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.price import Label
from streams.rate.rating import Part
from tests.streams.rate.prices.asked import d

UNITS, MONEY = SimpleNamespace(is_money=False), SimpleNamespace(is_money=True)
MONTHLY = Discount(id="monthly", free_units=d("5"), units=("u", "v"))
BY_RECORD = Discount(id="each", free_units=d("5"), units=("w",), each="record")
PERCENT = Discount(id="percent", percent=d("5"), units=("x",))
OF_OTHERS = Discount(id="other", free_units=d("5"), units=("y",), usage_types=("others",))


def terms(allowances: tuple[Any, ...] = (), discounts: tuple[Discount, ...] = ()) -> Any:
    offer = SimpleNamespace(usage_type="data", product="data", start=BEGINNING, end=FOREVER)
    return SimpleNamespace(
        allowances=allowances,
        money=SimpleNamespace(discounts=discounts),
        offer=offer,
        plan=SimpleNamespace(id="plan"),
    )


@pytest.mark.parametrize(
    ("asked", "keeps"),
    [
        (terms(), False),
        (terms((MONEY,)), False),
        (terms((MONEY, UNITS)), True),
        (terms((), (PERCENT,)), False),
        (terms((), (OF_OTHERS,)), False),
        (terms((), (PERCENT, BY_RECORD)), True),
    ],
)
def test_one_that_takes_parts_back_is_enough(asked: Any, keeps: bool) -> None:
    assert keeps_parts(asked) is keeps


def test_free_by_month_are_units_of_monthly_promotions_of_the_offer() -> None:
    assert monthly_free(terms((), (PERCENT, BY_RECORD, OF_OTHERS, MONTHLY))) == {"u", "v"}


def test_what_was_priced_plainly_is_a_part_from_its_first_unit_on() -> None:
    (price,) = compile_kind(PerUnit(amounts={"u": d("2")}), Label("p#1"))
    assert isinstance(price, PerUnitPrice)
    lines = list(price.lines(3, 0))
    rating: Any = SimpleNamespace(parts=[], prices={"u": price}, band="late", lines=lines)
    made = [Part("u", 3, 0, "late", price, tuple(lines))]
    assert parts_of(rating) == made
    kept: Any = SimpleNamespace(parts=made, prices={"u": price}, band="", lines=[])
    assert parts_of(kept) is made
