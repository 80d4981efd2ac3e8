"""Words for how many levels of a threshold are reached, on both sides of each."""

from decimal import Decimal
from typing import Any

import pytest

from streams.model.threshold import Threshold
from streams.rate.threshold_status import ThresholdTerms

HUNDRED = Decimal(100)


def status(value: str, **words: Any) -> str:
    numbers = {
        name: tuple(Decimal(each) for each in words.pop(name, "").split())
        for name in ("levels", "percents")
    }
    every = words.pop("every", None)
    threshold = Threshold(
        id="x", resource="r", every=None if every is None else Decimal(every), **numbers, **words
    )
    return ThresholdTerms(threshold, {}).reached(Decimal(value), HUNDRED).status


@pytest.mark.parametrize(
    ("value", "told"),
    [("4.99", "clear"), ("5", "5"), ("11.99", "5"), ("12", "12"), ("99", "12")],
)
def test_rising_levels(value: str, told: str) -> None:
    assert status(value, on="spend", levels="12 5") == told


@pytest.mark.parametrize(
    ("value", "told"), [("20.01", "clear"), ("20", "20"), ("5.01", "20"), ("5", "5"), ("-7", "5")]
)
def test_falling_levels(value: str, told: str) -> None:
    assert status(value, on="balance", levels="5 20") == told


@pytest.mark.parametrize(
    ("value", "told"),
    [("49", "free"), ("50", "half"), ("99.9", "half"), ("100", "gone"), ("130", "gone")],
)
def test_words_of_the_catalog(value: str, told: str) -> None:
    words = ("free", "half", "gone")
    assert status(value, on="allowance", percents="50 100", statuses=words) == told


@pytest.mark.parametrize(
    ("on", "value", "told"),
    [
        ("spend", "79", "clear"),
        ("spend", "80", "80%"),
        ("spend", "89.99", "80%"),
        ("spend", "90", "90%"),
        ("spend", "250", "250%"),
        ("allowance", "100", "100%"),
        # The whole is all that there can be.
        ("allowance", "250", "100%"),
        ("credit_use", "250", "100%"),
        ("balance", "81", "clear"),
        ("balance", "70.01", "80%"),
        ("balance", "70", "70%"),
        ("balance", "0", "0%"),
        ("balance", "-30", "0%"),
    ],
)
def test_levels_that_recur(on: Any, value: str, told: str) -> None:
    assert status(value, on=on, percents="80", every="10") == told


def test_shares_of_nothing_are_reached() -> None:
    threshold = Threshold(id="x", on="credit_use", percents=(Decimal(80),), every=Decimal(10))
    terms = ThresholdTerms(threshold, {})
    assert terms.reached(Decimal(0), Decimal(0)).status == "80%"
    assert terms.at_first.status == "clear"
