"""What a scenario in the running system has in common with the same one in memory."""

from collections import Counter

import pytest

from infra.scenario.live import disagreement
from infra.scenario.outcome import meant


@pytest.mark.parametrize(
    ("event_id", "as_meant"),
    [
        ("transfer_in/transfer:3:0:57", "transfer_in/transfer"),
        ("transfer_out/scenario/transfer/gift", "transfer_out/scenario/transfer/gift"),
        ("expiry/ada/2025-07-01T00:00:00Z", "expiry/ada/2025-07-01T00:00:00Z"),
        ("call:1:2:3", "call:1:2:3"),
    ],
)
def test_numbers_of_messages_are_left_out_of_ids(event_id: str, as_meant: str) -> None:
    assert meant(event_id) == as_meant


def test_a_step_that_ends_otherwise_is_told() -> None:
    expected = Counter({("one", "charged"): 2, ("two", "ignored"): 1})
    found = Counter({("one", "charged"): 1, ("two", "suspended"): 1})
    assert disagreement(0, expected, found) == (
        "step 1: in memory also one charged, two ignored; here also two suspended"
    )
    assert disagreement(2, expected, expected).startswith("step 3: in memory also nothing;")
