"""What a record finds in a total, what it adds to it, and which total it counts in."""

from types import SimpleNamespace
from typing import Any

import pytest

from connectors.catalog.cel import parse_expression
from streams.expression import Expression
from streams.memory import MemoryState
from streams.model.account import Account
from streams.model.accumulator import Accumulator, Rolling
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog, CurrencyRule
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant, month_of
from streams.model.session import OutcomeRule
from streams.model.tally import Tally
from streams.model.usage import Usage, UsageRecord
from streams.outcome import Reject
from streams.rate.eligibility import total_before
from streams.rate.rating import Rating
from streams.rate.spans import MONTH, AllTime, spans_of
from streams.rate.tally import CompiledTally, TallyTerms, tallies_of
from streams.state import Table

AT = 1_773_100_800_000_000
"""2026-03-10T00:00:00Z."""
HOURLY = BillingPeriod(id="hour", unit="hour")
TERMS = TallyTerms(("s",), {"talk": "call"}, 3 * DAY, HOUR)


def expression(text: str) -> Expression:
    found = parse_expression(text)
    assert not isinstance(found, str)
    return found


def tally_of(**words: Any) -> CompiledTally:
    return CompiledTally(Accumulator(**{"id": "x"} | words), TERMS)


def counted(state: MemoryState, moved: int | None = None, **words: Any) -> Any:
    at = words.pop("at", AT)
    attributes = words.pop("attributes", {})
    record = UsageRecord(
        b"", "t", "s", "e", 0, 0, 0, "talk", "1", "root", at, at, (Usage("s", 4),), attributes
    )
    account = Account("t", "ada", "root", "postpaid", "CHF", "UTC")
    payer = SimpleNamespace(
        key=b"t\0ada",
        account=account,
        plain=None,
        time_zone="UTC",
        assignment=SimpleNamespace(subscription="1"),
    )
    said = {
        "zone": "",
        "band": "",
        "segments": (),
        "product": "",
        "moved": {} if moved is None else {"x": moved},
        "closed_before": BEGINNING,
        "room": None,
    }
    return SimpleNamespace(record=record, payer=payer, state=state, **(said | words))


def count(tally: CompiledTally, state: MemoryState, moved: int = 0, **words: Any) -> Tally:
    found = tally.moved_by(counted(state, moved, **words))
    assert isinstance(found, tuple)
    state.put(Table.TALLIES, *found)
    return found[1]


@pytest.mark.parametrize(("aggregate", "used"), [("sum", 12), ("max", 5)])
def test_what_a_record_has_added_counts_for_its_later_parts_in_a_sum_alone(
    aggregate: str, used: int
) -> None:
    tally, state = tally_of(aggregate=aggregate, is_lifelong=True), MemoryState()
    count(tally, state, 5)
    assert tally.used(counted(state)) == 5
    assert tally.used(counted(state, 7)) == used
    assert tally.before(counted(state, 7)) == 5


def test_what_does_not_count_adds_nothing() -> None:
    tally, state = tally_of(when={"zone": "far"}, is_lifelong=True), MemoryState()
    count(tally, state, 5, zone="far")
    assert tally.used(counted(state, 7, zone="far")) == 12
    assert tally.used(counted(state, 7, zone="near")) == 5
    assert tally.moved_by(counted(state, 7, zone="near")) is None


def test_a_total_is_opened_by_what_has_counted_or_is_counted_now() -> None:
    tally, state = tally_of(aggregate="max", is_lifelong=True), MemoryState()
    assert not tally.has_opened(counted(state))
    assert tally.has_opened(counted(state, 0))
    count(tally, state, 0)
    assert tally.has_opened(counted(state))


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ({}, True),
        ({"sums": "records"}, False),
        ({"of": "units.s"}, False),
    ],
)
def test_only_quantities_count_by_the_parts_of_a_record(words: Any, counts: bool) -> None:
    if "of" in words:
        words = {"of": expression(words["of"])}
    tally = tally_of(when={"band": "peak"}, **words)
    cut = counted(MemoryState(), 7, band="offpeak", segments=("a part", "another"))
    assert tally.counts(cut) is counts
    assert not tally.counts(counted(MemoryState(), 7, band="offpeak"))


def test_what_is_older_than_the_window_counts_nowhere() -> None:
    tally = tally_of(rolling=Rolling(steps=2, step=HOURLY), aggregate="max")
    state = MemoryState()
    count(tally, state, 5)
    assert tally.moved_by(counted(state, 9, at=AT - 2 * HOUR)) is None
    moved = count(tally, state, 9, at=AT - HOUR)
    assert moved.totals[-1][-1] == 9


@pytest.mark.parametrize(
    ("words", "closes_at"),
    [
        ({"is_lifelong": True}, FOREVER),
        ({"is_lifelong": True, "kept": DAY}, AT + DAY),
        ({"is_lifelong": True, "per": "session"}, AT + 3 * DAY),
        ({"is_lifelong": True, "per": "session", "kept": DAY}, AT + DAY),
        ({"per": "session"}, month_of(AT, "UTC").end + HOUR),
    ],
)
def test_what_goes_over_a_life_is_kept_a_while_after_its_last_record(
    words: Any, closes_at: Instant
) -> None:
    tally, state = tally_of(**words), MemoryState()
    assert count(tally, state, 1).closes_at == closes_at
    assert count(tally, state, 1, at=AT - HOUR).closes_at == closes_at


def test_what_no_expression_can_tell_refuses_the_record_and_says_why() -> None:
    state = MemoryState()
    failed = tally_of(of=expression("units.s / 0")).moved_by(counted(state, 1))
    assert isinstance(failed, Reject)
    assert "Failure" not in failed.detail
    assert "is no number" not in failed.detail
    text = tally_of(of=expression("who")).moved_by(counted(state, 1, attributes={"who": "bob"}))
    assert isinstance(text, Reject)
    assert "'bob' is no number" in text.detail


@pytest.mark.parametrize(("of", "value"), [("units.s", "4"), ("who", "bob")])
def test_different_values_are_told_apart_as_texts(of: str, value: str) -> None:
    tally = tally_of(aggregate="unique", of=expression(of), is_lifelong=True)
    (span,) = count(tally, MemoryState(), attributes={"who": "bob"}).spans
    assert span.values == (value,)


@pytest.mark.parametrize(("per", "zone_name"), [("account", "UTC"), ("group", "Asia/Tokyo")])
def test_a_group_goes_by_the_calendar_of_its_root_alone(per: str, zone_name: str) -> None:
    state = MemoryState()
    root = Account("t", "root", "root", "postpaid", "CHF", "Asia/Tokyo")
    state.put(Table.ACCOUNTS, b"t\0root", root)
    (span,) = count(tally_of(per=per, aggregate="max"), state, 1).spans
    assert (span.start, span.end) == month_of(AT, zone_name)


def test_a_group_whose_root_is_not_known_goes_by_the_calendar_of_who_pays() -> None:
    (span,) = count(tally_of(per="group", aggregate="max"), MemoryState(), 1).spans
    assert (span.start, span.end) == month_of(AT, "UTC")


def test_sessions_are_kept_as_long_as_the_outcome_that_keeps_them_longest() -> None:
    resolved = expression("true")
    catalog = Catalog(
        tenant="t",
        currencies=(CurrencyRule(code="CHF", digits=2, rounding="half_up"),),
        usage_types=(),
        price_plans=(),
        accumulators=(
            Accumulator(id="x", per="session", is_lifelong=True),
            Accumulator(id="plain"),
            Accumulator(id="rolling", rolling=Rolling(steps=2, step=HOURLY)),
            Accumulator(id="max", aggregate="max"),
        ),
        outcomes=tuple(
            OutcomeRule(
                id=usage_type,
                usage_type=usage_type,
                unit="u",
                session="call",
                event="event",
                events=(),
                resolved=resolved,
                kept=kept,
            )
            for usage_type, kept in (("talk", DAY), ("chat", 2 * DAY))
        ),
    )
    tallies = tallies_of(catalog)
    assert list(tallies) == ["x", "rolling", "max"]
    assert count(tallies["x"], MemoryState(), 1).closes_at == AT + 2 * DAY
    spans = spans_of(catalog)
    assert {name: isinstance(span, AllTime) for name, span in spans.items()} == {
        "x": True,
        "rolling": True,
        "max": False,
    }
    assert spans["max"].structure == MONTH


def test_a_rating_asks_the_total_itself() -> None:
    tally, state = tally_of(aggregate="max", is_lifelong=True), MemoryState()
    asked: Any = counted(state)
    asked.plan = SimpleNamespace(tallies={"x": tally})
    assert Rating.has_opened(asked, "x") is False
    count(tally, state, 5)
    assert Rating.has_opened(asked, "x") is True
    asked.moved = {"x": 7}
    assert total_before("x", asked) == 5
