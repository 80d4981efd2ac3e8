"""Quantities: minimum, increments, and division that loses nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.catalog import Measure
from streams.model.money import Quantity
from streams.rate.quantity import divided, measured
from streams.rate.time_unit import Segment


@pytest.mark.parametrize(
    ("quantity", "counted"),
    [(0, 0), (1, 60), (59, 60), (60, 60), (61, 90), (90, 90), (91, 120), (Decimal("60.001"), 90)],
)
def test_minimum_then_increments(quantity: Quantity, counted: Quantity) -> None:
    assert measured(quantity, Measure("s", Decimal(60), Decimal(30))) == counted


def test_without_an_increment_only_the_minimum_counts() -> None:
    assert measured(Decimal("60.5"), Measure("s", Decimal(60))) == Decimal("60.5")


def test_a_fractional_increment_is_exact() -> None:
    assert measured(Decimal("0.31"), Measure("GB", Decimal(0), Decimal("0.1"))) == Decimal("0.4")


@given(
    quantity=st.one_of(
        st.integers(0, 10**15),
        st.decimals(0, 10**9, places=6, allow_nan=False, allow_infinity=False),
    ),
    lengths=st.lists(st.integers(1, 10**12), min_size=1, max_size=6),
)
def test_parts_sum_to_the_whole(quantity: Quantity, lengths: list[int]) -> None:
    segments, start = [], 0
    for length in lengths:
        segments.append(Segment("x", start, start + length))
        start += length
    parts = divided(quantity, segments)
    assert sum(parts) == quantity
    assert all(part >= 0 for part in parts)
    for part, length in zip(parts, lengths, strict=True):
        exact = Decimal(quantity) * length / start
        assert abs(part - exact) <= Decimal("1e-11") + exact * Decimal("1e-20")
