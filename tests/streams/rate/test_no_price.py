"""What a record that has no price is told."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.model.usage import UsageRecord
from streams.outcome import RejectReason
from streams.rate.no_price import no_price

RECORD = UsageRecord(
    b"", "t", "s", "e", 0, 0, 0, "call", "x", "x", 0, 0, (), {"qos": "high", "city": "Uster"}
)


@pytest.mark.parametrize(
    ("zone", "band", "why", "told"),
    [
        ("", "", "", "(city=Uster, qos=high)"),
        ("uk", "", "", "(city=Uster, qos=high, zone=uk)"),
        ("", "night", "", "(city=Uster, qos=high, band=night)"),
        ("uk", "night", "not covered", "(city=Uster, qos=high, zone=uk, band=night): not covered"),
    ],
)
def test_it_says_by_which_words_nothing_was_found(
    zone: str, band: str, why: str, told: str
) -> None:
    rating: Any = SimpleNamespace(record=RECORD, zone=zone, plan=SimpleNamespace(id="mobile"))
    refusal = no_price(rating, "min", band, why=why)
    assert refusal.detail == f"price plan mobile has no price for min of call {told}"
    assert (refusal.reason, refusal.field) == (RejectReason.NO_PRICE, "min")
    assert refusal.lacks == "price:t:mobile:call"
