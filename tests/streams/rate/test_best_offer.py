"""A choice among offers stands where one offer stands: what it tells of itself beforehand."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.rate.best_offer import BestOffer


def offer(name: str, start: int, end: int, **words: Any) -> Any:
    plain = dict.fromkeys(("is_derived", "reads_state", "takes_nothing", "earns"), False)
    return SimpleNamespace(terms=name, product=f"of {name}", start=start, end=end, **plain | words)


def choice(*candidates: Any) -> BestOffer:
    plan: Any = None
    return BestOffer(plan, candidates)


def test_it_stands_for_the_first_while_all_are_in_force() -> None:
    best = choice(offer("first", 1, 9), offer("second", 3, 7))
    assert (best.terms, best.product, best.is_held, best.outcome) == (
        "first",
        "of first",
        False,
        None,
    )
    assert (best.start, best.end) == (3, 7)


@pytest.mark.parametrize("word", ["is_derived", "reads_state", "takes_nothing", "earns"])
def test_what_one_of_them_needs_all_have(word: str) -> None:
    assert getattr(choice(offer("a", 1, 9), offer("b", 1, 9, **{word: True})), word) is True
    assert getattr(choice(offer("a", 1, 9), offer("b", 1, 9)), word) is False
