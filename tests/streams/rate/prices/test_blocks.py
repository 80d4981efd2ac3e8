"""Started blocks at the ends of blocks and of tiers, given and taken back."""

from typing import Literal

import pytest

from streams.model.prices import Blocks, BlockTier, Capacity, CapacityTier
from tests.streams.rate.prices.asked import Asked, d, of, priced, total

TIERS = (BlockTier(d("10"), d("1"), 2), BlockTier(d("5"), d("2"), 2), BlockTier(d("10"), d("3"), 1))
"""20 units in blocks of 10, 10 in blocks of 5, 10 in one of 10."""


def blocks(
    policy: Literal["all_tiers", "top_tier"], beyond: Literal["charge", "free", "refuse"] = "charge"
) -> Blocks:
    return Blocks(unit="u", tiers=TIERS, policy=policy, beyond=beyond, reference="month")


@pytest.mark.parametrize(
    ("used", "quantity", "amount"),
    [
        (0, 1, "1"), (0, 10, "1"), (0, 11, "2"), (0, 20, "2"), (0, 21, "4"), (0, 25, "4"),
        (0, 26, "6"), (0, 30, "6"), (0, 31, "9"), (0, 40, "9"), (0, 41, "12"),
        (9, 1, "0"), (10, 1, "1"), (20, 1, "2"), (15, 10, "2"),
    ],
)  # fmt: skip
def test_each_tier_s_blocks_are_given_back_as_they_were_paid(
    used: int, quantity: int, amount: str
) -> None:
    assert total(blocks("all_tiers"), of(quantity, used)) == d(amount)
    assert total(blocks("all_tiers"), of(-quantity, used + quantity)) == -d(amount)


def test_a_line_tells_the_quantity_and_the_blocks_of_its_tier() -> None:
    lines = priced(blocks("all_tiers"), of(-12, 26))
    assert [(line.quantity, line.amount, line.detail) for line in lines] == [
        (-6, 0, {"tier": "1", "blocks": "0"}),
        (-6, -4, {"tier": "2", "blocks": "-2"}),
    ]


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [(1, "1"), (10, "1"), (11, "2"), (20, "2"), (21, "10"), (30, "12"), (31, "12"), (41, "15")],
)
def test_the_top_tier_s_blocks_price_all_of_it(quantity: int, amount: str) -> None:
    assert total(blocks("top_tier"), of(quantity)) == d(amount)


@pytest.mark.parametrize("policy", ["all_tiers", "top_tier"])
def test_past_the_last_tier_there_is_no_price_where_it_refuses(
    policy: Literal["all_tiers", "top_tier"],
) -> None:
    assert total(blocks(policy, "refuse"), of(40)) == (9 if policy == "all_tiers" else 12)
    with pytest.raises(AssertionError, match="not covered"):
        total(blocks(policy, "refuse"), of(41))
    assert total(blocks(policy, "free"), of(41)) == total(blocks(policy, "free"), of(40))


def test_capacity_of_a_unit_that_is_not_there_is_nothing() -> None:
    tiers = (CapacityTier({"a": d("0"), "b": d("1")}, d("10")), CapacityTier({}, d("20")))
    kind = Capacity(units=("a", "b"), tiers=tiers)
    assert total(kind, Asked({"b": 1})) == 10
    assert total(kind, Asked({"a": 1})) == 20
    assert total(kind, Asked({"b": 2})) == 20
