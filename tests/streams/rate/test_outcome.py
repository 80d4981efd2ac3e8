"""What a record does to its session: all is counted since it was opened, and judged by that."""

from types import SimpleNamespace
from typing import Any

import pytest

from connectors.catalog.cel import parse_expression
from streams.model.money import ZERO
from streams.model.session import ChargedOutcome, OutcomeRule, SessionTally
from streams.model.usage import Usage
from streams.outcome import Reject
from streams.rate.outcome import CompiledOutcome, Turn

CHARGED = ChargedOutcome(100, (), ZERO, ZERO)


def judged(
    tally: SessionTally | None,
    event: str = "answer",
    *,
    resolved: str = "count.answer == 2 && sum.tokens == 7",
    reopened: str | None = None,
    month: int = 100,
) -> Turn | Reject:
    """The turn of a record with three tokens, in the month that begins then."""
    rule = OutcomeRule(
        id="o",
        usage_type="talk",
        unit="outcome",
        session="conversation",
        event="event",
        events=("answer", "exit"),
        resolved=parse_expression(resolved),
        reopened=None if reopened is None else parse_expression(reopened),
        monthly=True,
    )
    record = SimpleNamespace(attributes={"event": event}, usages=(Usage("tokens", 3),))
    rating: Any = SimpleNamespace(record=record, period=SimpleNamespace(start=month))
    return CompiledOutcome(rule, ("tokens",)).judge(rating, tally)


def tally(answers: int, tokens: int, *, last_at: int = 150, **words: Any) -> SessionTally:
    return SessionTally(
        999, last_at, (("answer", answers), ("exit", 0)), (("tokens", tokens),), **words
    )


@pytest.mark.parametrize(
    ("before", "event", "became"),
    [
        (tally(1, 4), "answer", "resolved"),
        (tally(0, 4), "answer", "open"),
        (tally(2, 4), "answer", "open"),
        (tally(1, 4), "exit", "open"),
        (tally(1, 3), "answer", "open"),
        (tally(1, 5), "answer", "open"),
        # A newer catalog counts what the session has not counted yet.
        (SessionTally(999, 150, (("answer", 1),), (("tokens", 4),)), "answer", "resolved"),
        (SessionTally(999, 150), "answer", "open"),
    ],
)
def test_every_event_and_unit_counts_once(before: SessionTally, event: str, became: str) -> None:
    turn = judged(before, event)
    assert isinstance(turn, Turn)
    assert turn.became == became


def test_what_was_not_counted_yet_begins_with_this_record() -> None:
    turn = judged(SessionTally(999, 150), "exit")
    assert isinstance(turn, Turn)
    assert turn.counted == ({"exit": 1}, {"tokens": 3})


@pytest.mark.parametrize(
    ("month", "last_at", "became"),
    [
        (100, 150, "unchanged"),
        (200, 199, "open"),
        # What came in this month already is counted on.
        (200, 200, "resolved"),
    ],
)
def test_a_charged_session_counts_anew_with_the_first_record_of_a_later_month(
    month: int, last_at: int, became: str
) -> None:
    turn = judged(tally(1, 4, last_at=last_at, charged=CHARGED), month=month)
    assert isinstance(turn, Turn)
    assert (turn.became, turn.charged) == (became, CHARGED)


@pytest.mark.parametrize(
    ("reopened", "why"),
    [
        ("count.answer / 0 == 1", "2 / 0 has no exact value"),
        ("count.answer", "2 is no truth"),
    ],
)
def test_a_condition_without_an_answer_refuses_the_record(reopened: str, why: str) -> None:
    refused = judged(tally(1, 4, charged=CHARGED), reopened=reopened)
    assert isinstance(refused, Reject)
    assert refused.detail == f"reopened of outcome o: {why}"
