"""Levels of thresholds: listed ones, and those that recur up to a last one."""

from decimal import Decimal

import pytest

from streams.model.account import Account
from streams.model.threshold import Threshold
from streams.rate.bounds import MoneyBounds
from streams.rate.levels import MOST, Ladder, ladder_of, levels_of


def threshold(on: str = "spend", **words: object) -> Threshold:
    said = {name: tuple(map(Decimal, each)) for name, each in words.items() if name != "every"}
    every = words.get("every")
    return Threshold(
        id="t",
        on=on,  # type: ignore[arg-type]
        resource="CHF",
        every=None if every is None else Decimal(str(every)),
        **said,  # type: ignore[arg-type]
    )


def marks(found: Threshold, *, of: int = 0, last: str) -> list[str]:
    return [level.mark for level in levels_of(found, of=Decimal(of), last=Decimal(last))]


@pytest.mark.parametrize(
    ("last", "marks_then"),
    [
        ("99.99", ["t@50", "t@80"]),
        ("100", ["t@50", "t@80", "t@100"]),
        ("120", ["t@50", "t@80", "t@100", "t@120"]),
    ],
)
def test_levels_recur_after_the_highest_up_to_the_last(last: str, marks_then: list[str]) -> None:
    assert marks(threshold(levels=(50, 80), every=20), last=last) == marks_then


def test_levels_of_a_balance_recur_below_the_lowest() -> None:
    falling = threshold("balance", levels=(5, 8), every=2)
    assert marks(falling, last="1") == ["t@5", "t@8", "t@3", "t@1"]
    assert marks(falling, last="1.01") == ["t@5", "t@8", "t@3"]


def test_percents_are_told_as_such_and_levels_are_not() -> None:
    found = levels_of(threshold(percents=(50,), every=25), of=Decimal(200), last=Decimal(150))
    assert [(level.mark, level.at) for level in found] == [("t@50%", 100), ("t@75%", 150)]
    assert marks(threshold(levels=(50,)), last="0") == ["t"]
    assert marks(threshold(levels=(50, 60)), last="0") == ["t@50", "t@60"]


def test_there_are_no_more_than_the_most_of_those_that_recur() -> None:
    assert len(marks(threshold(levels=(1,), every=1), last="1000")) == 1 + MOST


def test_a_ladder_tells_how_often_its_levels_have_recurred() -> None:
    ladder = ladder_of(threshold(levels=(80, 50), every=20))
    assert (ladder.first, ladder.last) == (50, 80)
    told = [ladder.recurred(Decimal(value)) for value in ("0", "79", "80", "99.99", "100", "140")]
    assert told == [0, 0, 0, 0, 1, 3]
    assert [ladder.recurring(number) for number in (1, 3)] == [100, 140]


def test_a_ladder_without_levels_that_recur_has_none() -> None:
    ladder = ladder_of(threshold(levels=(50,)))
    assert isinstance(ladder, Ladder)
    assert [ladder.recurred(Decimal(value)) for value in (0, 50, 1000)] == [0, 0, 0]


def test_a_percent_of_a_balance_is_one_of_what_the_threshold_says() -> None:
    low = Threshold(
        id="low", on="balance", resource="CHF", percents=(Decimal(10),), of=Decimal(200)
    )
    (bound,) = MoneyBounds((low,)).of(Account("t", "ada", "ada", "prepaid", "CHF", "UTC"))
    assert bound.balance == 20
