"""Quantities as they are priced: minimum, increments, conversion, rounding, free units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.measure import Conversion, DigitRounding, Measure
from streams.model.money import Quantity
from streams.rate.measure import compile_counting
from tests.streams.rate.prices.asked import d


def measured(quantity: Quantity, measure: Measure) -> Quantity:
    return compile_counting(measure).by_record(quantity)


@pytest.mark.parametrize(
    ("quantity", "counted"),
    [(0, 0), (1, 60), (59, 60), (60, 60), (61, 90), (90, 90), (91, 120),
     (d("0.0"), 0), (d("0.001"), 60), (d("60.0"), 60), (d("60.001"), 90)],
)  # fmt: skip
def test_minimum_then_increments(quantity: Quantity, counted: Quantity) -> None:
    measure = Measure("s", d("60"), d("30"))
    assert measured(quantity, measure) == counted
    assert measured(-quantity, measure) == -counted, "what is taken back counts as it was given"


@pytest.mark.parametrize("quantity", [d("60.5"), 70])
def test_without_an_increment_only_the_minimum_counts(quantity: Quantity) -> None:
    assert measured(quantity, Measure("s", d("60"))) == quantity


def test_a_fractional_increment_is_exact() -> None:
    assert measured(d("0.31"), Measure("GB", d("0"), d("0.1"))) == d("0.4")
    assert measured(1, Measure("GB", d("0"), d("0.3"))) == d("1.2")


def test_a_fractional_minimum_is_exact() -> None:
    assert measured(1, Measure("GB", d("1.5"), d("1"))) == d("1.5")
    assert measured(2, Measure("GB", d("1.5"), d("1"))) == d("2.5")


def by(factor: str, rounding: str = "none", *, divides: bool = True) -> Measure:
    conversion = Conversion(factor=d(factor), divides=divides, rounding=rounding)  # type: ignore[arg-type]
    return Measure("u", conversion=conversion)


@pytest.mark.parametrize(
    ("measure", "quantity", "counted"),
    [
        (by("1000", "ceiling"), "1400", "2"),
        (by("1000", "ceiling"), "2000", "2"),
        (by("1000", "ceiling"), "2000.001", "3"),
        (by("1000", "floor"), "1999", "1"),
        (by("1000", "floor"), "2000", "2"),
        (by("1000", "half_up"), "1499", "1"),
        (by("1000", "half_up"), "1500", "2"),
        (by("1000", "half_even"), "2500", "2"),
        (by("1000", "half_even"), "2501", "3"),
        (by("1000"), "1400", "1.4"),
        (by("3", "ceiling", divides=False), "1.1", "4"),
        (by("3", divides=False), "1.1", "3.3"),
    ],
)
def test_conversion(measure: Measure, quantity: str, counted: str) -> None:
    assert measured(d(quantity), measure) == Decimal(counted)
    assert measured(-d(quantity), measure) == -Decimal(counted)


@pytest.mark.parametrize(
    ("method", "decimals", "counted"),
    [
        ("ceiling", -2, "200"),
        ("floor", -2, "100"),
        ("half_up", 2, "123.46"),
        ("half_up", 0, "123"),
        ("ceiling", 0, "124"),
        ("half_even", 1, "123.5"),
    ],
)
def test_rounding_to_digits(method: str, decimals: int, counted: str) -> None:
    rounding = DigitRounding(method=method, decimals=decimals)  # type: ignore[arg-type]
    assert measured(d("123.456"), Measure("u", rounding=rounding)) == Decimal(counted)


@pytest.mark.parametrize(("quantity", "counted"), [(9, 0), (10, 0), (11, 1)])
def test_free_units(quantity: int, counted: int) -> None:
    assert measured(quantity, Measure("u", free_units=d("10"))) == counted


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=8))
def test_over_a_total_the_parts_sum_to_what_the_whole_is_counted_as(parts: list[int]) -> None:
    conversion = Conversion(factor=d("1000"), divides=True, rounding="ceiling")
    whole = compile_counting(
        Measure("u", conversion=conversion, free_units=d("2"), reference="month")
    ).whole
    held, counted = 0, 0
    for part in parts:
        counted += int(whole(held + part) - whole(held))
        held += part
    assert counted == whole(held)
