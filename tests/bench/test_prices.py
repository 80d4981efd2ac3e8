"""`vivace bench rate` has a record for every kind of price, and charges it."""

from pathlib import Path

import streams.rate.prices
from infra.bench.prices import KINDS, measure_prices, rows_of

NO_KINDS = {"__init__", "evaluated", "evaluated_tiers", "kinds", "price"}
"""Evaluated are the tiers of other kinds."""


def test_every_kind_of_price_is_measured() -> None:
    files = Path(streams.rate.prices.__file__).parent.glob("*.py")
    assert {path.stem for path in files} - NO_KINDS <= set(KINDS)


def test_what_is_measured_is_charged() -> None:
    result = measure_prices(records=20, prefixes=500)
    assert all(spent > 0 for spent in rows_of(result).values())
    assert len(result.cases) == 3
    assert result.long_call > 0
