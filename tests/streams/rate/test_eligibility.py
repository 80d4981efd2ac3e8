"""Whether a record is meant: every word must be as it is said, however many there are."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.rate.eligibility import compile_when

WORDS = {"zone": "uk", "band": "night", "account.tier": "gold", "qos": "high"}


def rated(words: dict[str, str]) -> Any:
    account = SimpleNamespace(attributes={"tier": words["account.tier"]})
    return SimpleNamespace(
        zone=words["zone"],
        band=words["band"],
        payer=SimpleNamespace(account=account),
        record=SimpleNamespace(attributes={"qos": words["qos"]}),
    )


@pytest.mark.parametrize("count", range(len(WORDS) + 1))
def test_one_word_that_is_another_is_enough(count: int) -> None:
    asked = dict(list(WORDS.items())[:count])
    applies = compile_when(asked)
    assert applies(rated(WORDS)) is True
    for word in WORDS:
        assert applies(rated(WORDS | {word: "other"})) is (word not in asked)
