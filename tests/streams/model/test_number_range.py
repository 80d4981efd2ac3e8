"""A range of numbers is the union of its prefixes, and of nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.number_range import prefixes_of, range_of, wrong_range


@pytest.mark.parametrize(
    ("text", "first", "last", "width"),
    [
        ("41790000000..41790009999", "41790000000", "41790009999", 10_000),
        ("+4179..+4180", "+4179", "+4180", 2),
        ("0..9", "0", "9", 10),
        ("sim-07..sim-11", "sim-07", "sim-11", 5),
    ],
)
def test_a_range_is_two_numbers_of_one_length(text: str, first: str, last: str, width: int) -> None:
    assert range_of(text) == (first, last, width)
    assert wrong_range(text) == ""


@pytest.mark.parametrize(
    "text", ["5..3", "5..5", "1..10", "a1..b2", "a..b", "..", "1..", "+41..-42", "1..2..3", "٣..٤"]
)
def test_what_is_written_like_a_range_and_is_none_is_told(text: str) -> None:
    assert range_of(text) is None
    assert text in wrong_range(text)


def test_a_single_id_is_no_range() -> None:
    assert range_of("41790000000") is None
    assert wrong_range("1234-5678") == ""


@given(st.integers(1, 4), st.data())
def test_the_prefixes_hold_the_numbers_of_the_range_and_no_others(
    digits: int, data: st.DataObject
) -> None:
    low = data.draw(st.integers(0, 10**digits - 2))
    high = data.draw(st.integers(low + 1, 10**digits - 1))
    span = range_of(f"+{low:0{digits}}..+{high:0{digits}}")
    assert span is not None
    assert span.width == high - low + 1
    prefixes = list(prefixes_of(span))
    for number in range(10**digits):
        text = f"+{number:0{digits}}"
        within = low <= number <= high
        assert sum(text.startswith(prefix) for prefix in prefixes) == within
        assert span.holds(text) == within
    assert len(prefixes) <= 18 * digits
