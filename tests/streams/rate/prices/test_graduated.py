"""Tiers by the thousand, and what a line tells of them."""

import pytest

from streams.model.money import Quantity
from streams.model.prices import Graduated, Tier
from tests.streams.rate.prices.asked import d, of, priced

BY_THOUSAND = Graduated(
    unit="u", per=d("1000"), tiers=(Tier(d("10"), d("7")), Tier(None, d("0.0000000005")))
)


@pytest.mark.parametrize(
    ("quantity", "amounts"),
    [
        (1, [d("0.007")]),
        (10, [d("0.07")]),
        (d("9.5"), [d("0.0665")]),
        (1010, [d("0.07"), d("0.000000000500")]),
        (1011, [d("0.07"), d("0.000000000500")]),
        (1012, [d("0.07"), d("0.000000000501")]),
    ],
)
def test_an_amount_by_the_thousand_is_divided_once_at_the_end(
    quantity: Quantity, amounts: list[Quantity]
) -> None:
    lines = priced(BY_THOUSAND, of(quantity))
    assert [line.amount for line in lines] == amounts
    assert [line.unit_amount for line in lines] == [d("0.007"), d("0.000000000000")][: len(lines)]


def test_past_a_last_tier_that_ends_the_rest_is_told_and_costs_nothing() -> None:
    kind = Graduated(unit="u", tiers=(Tier(d("10"), d("7")),))
    assert [
        (line.quantity, line.unit_amount, line.amount, line.detail)
        for line in priced(kind, of(d("12.5")))
    ] == [(10, 7, 70, {"tier": "1"}), (d("2.5"), 0, 0, {"tier": "beyond"})]
