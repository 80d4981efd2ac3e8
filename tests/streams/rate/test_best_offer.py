"""A choice among offers stands where one offer stands: what it tells of itself beforehand."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from streams.rate.best_offer import BestOffer
from streams.rate.rating import Rating


def offer(name: str, start: int, end: int, **words: Any) -> Any:
    plain: dict[str, Any] = dict.fromkeys(
        ("is_derived", "reads_state", "takes_nothing", "earns"), False
    )
    plain["segments"] = None
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


def test_each_is_tried_as_its_own_product_and_the_best_one_is_kept() -> None:
    seen: list[tuple[str, str]] = []

    def costs(name: str, amount: int) -> Any:
        def rule(rating: Rating) -> None:
            seen.append((name, rating.product))
            rating.amount = Decimal(amount)

        return SimpleNamespace(**vars(offer(name, 1, 9)) | _ruled(name, rule))

    nobody: Any = None
    plan: Any = SimpleNamespace(currency="CHF")
    rating = Rating(nobody, nobody, plan, nobody, [], (), (), nobody)
    (choose,) = choice(costs("a", 3), costs("b", 1), costs("c", 2)).rules
    assert choose(rating) is None
    assert seen == [("a", "of a"), ("b", "of b"), ("c", "of c")]
    assert (rating.product, rating.amount, rating.lines[-1].price) == ("of b", 1, "b")


def _ruled(name: str, rule: Any) -> dict[str, Any]:
    return {"rules": (rule,), "terms": SimpleNamespace(source=name)}
