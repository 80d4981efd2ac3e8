"""Readers of plain values: what they take, and the code of everything that they do not."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.model.instant import format_instant
from streams.outcome import Reject, RejectReason
from streams.plain.values import (
    QUANTITY_MAX,
    TEXT_LENGTH_MAX,
    is_word,
    read_instant,
    read_quantity,
    read_quantity_text,
    refuse_word,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (73, 73),
        (QUANTITY_MAX, QUANTITY_MAX),
        (Decimal("1.50"), Decimal("1.50")),
        (Decimal("5.0"), 5),
        (Decimal("1E+3"), 1000),
        (Decimal("-0.0"), 0),
        (Decimal("0.000000000001"), Decimal("1E-12")),
    ],
)
def test_quantity_is_exact_and_whole_ones_are_ints(value: Any, expected: Any) -> None:
    read = read_quantity(value, "units")
    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, RejectReason.MISSING_FIELD),
        ("73", RejectReason.WRONG_TYPE),
        (True, RejectReason.WRONG_TYPE),
        ([1], RejectReason.WRONG_TYPE),
        ({"a": 1}, RejectReason.WRONG_TYPE),
        ("NaN", RejectReason.NOT_A_NUMBER),
        ("-Infinity", RejectReason.NOT_A_NUMBER),
        (Decimal("NaN"), RejectReason.NOT_A_NUMBER),
        (Decimal("Infinity"), RejectReason.NOT_A_NUMBER),
        (QUANTITY_MAX + 1, RejectReason.NUMBER_TOO_LARGE),
        (Decimal("1E+400"), RejectReason.NUMBER_TOO_LARGE),
        (Decimal("1E-13"), RejectReason.NUMBER_TOO_LARGE),
        (Decimal("1." + "1" * 38), RejectReason.NUMBER_TOO_LARGE),
        (-(10**40), RejectReason.NUMBER_TOO_LARGE),
        (-1, RejectReason.NEGATIVE_QUANTITY),
        (Decimal("-0.5"), RejectReason.NEGATIVE_QUANTITY),
    ],
)
def test_bad_quantity_has_a_code_and_names_the_field(value: Any, reason: RejectReason) -> None:
    read = read_quantity(value, "data.units")
    assert isinstance(read, Reject)
    assert (read.reason, read.field) == (reason, "data.units")
    assert read.detail.startswith("data.units is ")


@pytest.mark.parametrize(
    ("text", "expected"), [("73", 73), ("1.5", Decimal("1.5")), (" 12 ", 12), ("1e3", 1000)]
)
def test_quantity_of_text(text: str, expected: Any) -> None:
    assert read_quantity_text(text, "duration_s") == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", RejectReason.MISSING_FIELD),
        ("many", RejectReason.WRONG_TYPE),
        ("0x10", RejectReason.WRONG_TYPE),
        ("1_000", RejectReason.WRONG_TYPE),
        ("١٢", RejectReason.WRONG_TYPE),
        ("nan", RejectReason.NOT_A_NUMBER),
        ("1e999999999", RejectReason.NUMBER_TOO_LARGE),
        ("-3", RejectReason.NEGATIVE_QUANTITY),
    ],
)
def test_bad_quantity_text_has_a_code(text: str, reason: RejectReason) -> None:
    read = read_quantity_text(text, "duration_s")
    assert isinstance(read, Reject)
    assert read.reason == reason


@given(ANYTHING)
def test_every_value_is_a_quantity_in_bounds_or_a_reject(value: Any) -> None:
    for read in (read_quantity(value, "f"), read_quantity_text(value, "f")):
        if isinstance(read, Reject):
            assert len(read.detail) < 300
        else:
            assert 0 <= read <= QUANTITY_MAX


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00.000000Z"),
        ("2026-11-22T09:30:00.123456789Z", "2026-11-22T09:30:00.123456Z"),
        ("2026-11-22T09:30:00+01:00", "2026-11-22T08:30:00.000000Z"),
        ("2026-11-22 09:30:00-05:30", "2026-11-22T15:00:00.000000Z"),
    ],
)
def test_instant_is_utc_microseconds(text: str, expected: str) -> None:
    read = read_instant(text, "time")
    assert not isinstance(read, Reject)
    assert format_instant(read) == expected


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-11-22T09:30:00", "2026-11-22", "2026-02-30T00:00:00Z", "20261122Z"]
)
def test_time_without_offset_or_sense_is_not_parsable(text: str) -> None:
    read = read_instant(text, "time")
    assert isinstance(read, Reject)
    assert read.reason == RejectReason.TIME_NOT_PARSABLE


@given(st.text())
def test_reading_a_time_never_raises(text: str) -> None:
    assert isinstance(read_instant(text, "time"), int | Reject)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, RejectReason.MISSING_FIELD),
        ("", RejectReason.MISSING_FIELD),
        (7, RejectReason.WRONG_TYPE),
        ("a\0b", RejectReason.WRONG_TYPE),
        ("x" * (TEXT_LENGTH_MAX + 1), RejectReason.WRONG_TYPE),
    ],
)
def test_what_is_no_word_has_a_code(value: Any, reason: RejectReason) -> None:
    assert not is_word(value)
    assert refuse_word(value, "id").reason == reason
