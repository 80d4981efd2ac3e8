"""One tier for all: past a last tier that ends, by the thousand, and where a fee is due."""

from typing import Literal

import pytest

from streams.model.prices import Tier, Volume
from streams.rate.prices.price import Label
from streams.rate.prices.volume import ProvisionalPrice, VolumePrice
from tests.streams.rate.prices.asked import d, of, priced, total

TIERS = (Tier(d("10"), d("3"), d("5")), Tier(d("20"), d("2"), d("7")))


def volume(mode: Literal["running", "prospective"], **words: object) -> Volume:
    return Volume(unit="u", tiers=TIERS, reference="month", mode=mode, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("used", "quantity", "amount"),
    [
        (0, 1, 8), (0, 10, 35), (0, 11, 29), (0, 20, 47), (0, 21, 47), (0, 30, 47),
        (1, 1, 3), (9, 1, 3), (10, 1, 9), (15, 5, 10), (15, 6, 10), (15, 20, 10),
        (20, 1, 0), (25, 3, 0),
    ],
)  # fmt: skip
def test_a_prospective_tier_prices_what_is_left_of_it(
    used: int, quantity: int, amount: int
) -> None:
    assert total(volume("prospective", beyond="free"), of(quantity, used)) == amount


@pytest.mark.parametrize("mode", ["running", "prospective"])
def test_an_amount_by_the_thousand(mode: Literal["running", "prospective"]) -> None:
    kind = Volume(
        unit="u", per=d("1000"), tiers=(Tier(None, d("7")),), reference="month", mode=mode
    )
    (line,) = priced(kind, of(3))
    assert (line.unit_amount, line.amount) == (d("0.007"), d("0.021"))


@pytest.mark.parametrize("mode", ["running", "prospective"])
def test_where_usage_of_nothing_is_charged_the_first_fee_is_due_at_once(
    mode: Literal["running", "prospective"],
) -> None:
    (line,) = priced(volume(mode), of(0), charges_zero=True)
    assert (line.quantity, line.unit_amount, line.amount) == (0, 3, 5)
    at_once, used = priced(volume(mode), of(1), charges_zero=True)
    assert (at_once.amount, used.amount) == (5, 3)
    assert total(volume(mode), of(1, 1), charges_zero=True) == 3
    free = Volume(unit="u", tiers=(Tier(None, d("3")),), reference="month", mode=mode)
    assert priced(free, of(0), charges_zero=True) == []


@pytest.mark.parametrize(
    ("billed", "reached", "amount"),
    [(12, 20, 31), (12, 25, 21), (3, 25, 7), (5, 25, 7), (6, 25, 9), (4, 10, 17)],
)
def test_a_period_past_its_last_tier_pays_for_the_units_within(
    billed: int, reached: int, amount: int
) -> None:
    price = VolumePrice(volume("running", beyond="free"), Label("p#1"))
    assert price.settled(billed, reached).amount == amount


def test_until_a_period_is_settled_the_first_tier_is_charged() -> None:
    (line,) = ProvisionalPrice(volume("running"), Label("p#1")).lines(15, 0)
    assert (line.amount, line.detail) == (45, {"tier": "1"})
