"""Quantities: division that loses nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.money import WHOLE_MAX, Quantity
from streams.rate.quantity import divided, exact, size_of
from streams.rate.time_unit import Segment


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


@pytest.mark.parametrize(
    ("quantity", "size"),
    [(0, 0), (3, 3), (-3, 3), (Decimal("0.5"), Decimal("0.5")), (Decimal("-0.5"), Decimal("0.5"))],
)
def test_how_much_it_is_taken_or_taken_back(quantity: Quantity, size: Quantity) -> None:
    assert size_of(quantity) == size


@pytest.mark.parametrize("most", [WHOLE_MAX, -WHOLE_MAX])
def test_whole_numbers_are_counts_up_to_the_largest_either_way(most: int) -> None:
    assert type(exact(Decimal(most))) is int
    past = Decimal(most + (1 if most > 0 else -1))
    assert type(exact(past)) is Decimal
