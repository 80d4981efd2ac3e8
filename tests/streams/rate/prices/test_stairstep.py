"""Stairs: where the last one ends, and what is due for usage of nothing."""

import pytest

from streams.model.prices import Stair, Stairstep
from tests.streams.rate.prices.asked import d, of, priced, total

STAIRS = (Stair(d("10"), d("5")), Stair(d("20"), d("7")), Stair(d("30"), d("9")))


def test_past_the_last_stair_there_is_no_price_where_it_refuses() -> None:
    kind = Stairstep(unit="u", mode="replace", tiers=STAIRS, beyond="refuse")
    assert total(kind, of(30)) == 9
    with pytest.raises(AssertionError, match="not covered"):
        total(kind, of(31))


def test_usage_of_nothing_stands_on_the_first_stair_where_it_is_charged() -> None:
    kind = Stairstep(unit="u", mode="cumulative", tiers=STAIRS)
    (line,) = priced(kind, of(0), charges_zero=True)
    assert (line.quantity, line.unit_amount, line.amount) == (0, 5, 5)
    assert line.detail == {"tier": "1"}
    assert total(kind, of(11), charges_zero=True) == 12
