"""One amount for several units: what a record pays of it, what comes back, and on which part."""

import pytest

from streams.model.money import Quantity
from streams.model.prices import Capacity, CapacityTier
from streams.rate.prices.kinds import compile_kind
from streams.rate.prices.price import Binder, Label
from tests.streams.rate.prices.asked import Asked, d, priced

TIERS = (
    CapacityTier({"a": d("100"), "b": d("1000")}, d("10")),
    CapacityTier({"a": d("200"), "b": d("2000")}, d("25")),
)
OF_RECORD = Capacity(units=("a", "b"), tiers=TIERS)
OF_MONTH = Capacity(units=("a", "b"), tiers=TIERS, references={"a": "sum_a", "b": "sum_b"})


@pytest.mark.parametrize(
    ("units", "used", "amount", "tier"),
    [
        ({"a": 150, "b": 0}, {}, 25, "2"),
        ({"a": -150, "b": 0}, {}, -25, "2"),
        ({"a": -100, "b": -1001}, {}, -25, "2"),
        ({"b": 1001}, {"sum_a": 1}, 15, "2"),
        ({"a": -101}, {"sum_a": 101}, -25, "1"),
    ],
    ids=str,
)
def test_what_one_unit_has_decides_alone(
    units: dict[str, Quantity], used: dict[str, Quantity], amount: int, tier: str
) -> None:
    (line,) = priced(OF_MONTH if used else OF_RECORD, Asked(units, used=used))
    assert (line.amount, line.detail) == (amount, {"tier": tier})


@pytest.mark.parametrize("charges_zero", [False, True])
def test_the_amount_comes_once(charges_zero: bool) -> None:
    asked = Asked({"a": 5, "b": 7})
    assert [line.amount for line in priced(OF_RECORD, asked, charges_zero=charges_zero)] == [10]
    (price,) = compile_kind(OF_RECORD, Label("p#1", {}, charges_zero))
    assert isinstance(price, Binder)
    bound = price.bind(asked)
    assert isinstance(bound, dict)
    assert bound["a"].lines(4, 1) == ()
