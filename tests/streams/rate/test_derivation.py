"""What a computed value is as a quantity."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.catalog.cel import parse_expression
from streams.functions import NO_FUNCTIONS
from streams.model.account import Account
from streams.model.rate_unit import RateUnit
from streams.model.usage import UsageRecord
from streams.outcome import Reject
from streams.rate.derivation import compile_derivation
from streams.rate.quantity import QUANTITY_MAX, quantity_of
from tests.streams.rate.prices.asked import d


@pytest.mark.parametrize("most", [QUANTITY_MAX, Decimal(QUANTITY_MAX)])
def test_a_quantity_is_at_most_ten_to_the_eighteenth_either_way(most: int | Decimal) -> None:
    assert quantity_of(most) == most
    assert quantity_of(-most) == -most
    assert quantity_of(most + 1) is None
    assert quantity_of(-most - 1) is None


@pytest.mark.parametrize("value", [None, True, "1", 1.0, d("NaN"), d("Infinity")])
def test_what_is_no_number_is_no_quantity(value: Any) -> None:
    assert quantity_of(value) is None


def test_a_quantity_is_told_in_twelve_digits_and_no_more_than_it_needs() -> None:
    assert quantity_of(d("0.0000000000005")) == 0
    assert quantity_of(d("0.0000000000015")) == d("0.000000000002")
    assert str(quantity_of(d("2.50"))) == "2.5"
    assert quantity_of(d("3.00")) == 3
    assert type(quantity_of(d("3.00"))) is int


def test_an_expression_without_a_value_tells_why() -> None:
    unit = RateUnit(id="half", service_type="x", unit="u", expression=parse_expression("1 / 0"))
    derive = compile_derivation(unit, NO_FUNCTIONS, units=("u",), accumulators=())
    record = UsageRecord(b"", "t", "s", "e", 0, 0, 0, "x", "s", "r", 0, 0, (), {})
    account = Account("t", "ada", "ada", "postpaid", "EUR", "UTC")
    rating: Any = SimpleNamespace(
        record=record, payer=SimpleNamespace(account=account, plain=None), used_of=lambda _: 0
    )
    refused = derive(rating)
    assert isinstance(refused, Reject)
    assert refused.detail == "rate unit half: 1 / 0 has no exact value"
