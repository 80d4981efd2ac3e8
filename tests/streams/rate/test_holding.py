"""What is told where units cannot be taken away, or nothing is charged any more."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from streams.memory import MemoryState
from streams.model.account import Driven, Fees, Held, RunningFee
from streams.model.billing_period import BillingPeriod
from streams.model.holding import Holding
from streams.model.instant import DAY
from streams.model.money import Quantity
from streams.model.usage import Usage, UsageRecord
from streams.outcome import Reject
from streams.rate.rules.holding import compile_holding
from streams.state import Table

MONTH = BillingPeriod(id="month", unit="month")
RUNNING = RunningFee(
    "s", "", "plan", "seats", 0, 99 * DAY, 31 * DAY, 1, held=Held((Usage("seats", 3),))
)
PAYER = SimpleNamespace(
    key=b"ada",
    time_zone="UTC",
    assignment=SimpleNamespace(start=0, end=99 * DAY, price_plan="plan", subscription=""),
)


def told(quantity: Quantity, at: int, running: RunningFee, *, by_level: bool = False) -> Any:
    """The rating of a record, and what the rule of units that stay says to it."""
    terms: Any = SimpleNamespace(
        offer=SimpleNamespace(holding=None if running.driven else Holding(every=MONTH)),
        attributes=(),
        held="level" if by_level else "change",
        charges_zero=False,
        driven={"counted": ("seats",)},
    )
    state = MemoryState()
    state.put(Table.FEES, b"ada", Fees((running,)))
    usages = (Usage("seats", quantity),)
    rating: Any = SimpleNamespace(
        record=UsageRecord(b"", "t", "s", "e", 0, 0, 0, "seats", "s", "r", at, at, usages, {}),
        payer=PAYER,
        state=state,
        holding=None,
        period=SimpleNamespace(start=0),
        told=SimpleNamespace(price="counted"),
    )
    rule = compile_holding(terms)
    assert rule is not None
    return rating, rule(rating)


@pytest.mark.parametrize(
    "running",
    [RUNNING, replace(RUNNING, held=None, driven=Driven("counted", 3))],
    ids=["held", "driving a fee"],
)
def test_more_than_is_held_cannot_be_taken_away(running: RunningFee) -> None:
    _, refused = told(-4, DAY, running)
    assert isinstance(refused, Reject)
    assert refused.detail == "service s, seats: 4 seats are taken away, 3 are held"
    assert refused.lacks == "held:t:s:seats"
    assert told(-3, DAY, running)[1] is None


def test_a_level_that_drives_a_fee_is_charged_as_a_change_of_its_moment() -> None:
    running = replace(RUNNING, held=None, driven=Driven("counted", 3))
    rating, refused = told(5, DAY, running, by_level=True)
    assert refused is None
    assert rating.record.usages == (Usage("seats", 2),)
    assert rating.holding.until == DAY + 1


@pytest.mark.parametrize(("at", "is_charged"), [(31 * DAY - 1, True), (31 * DAY, False)])
def test_nothing_changes_past_what_is_charged(at: int, is_charged: bool) -> None:
    _, refused = told(1, at, RUNNING)
    if is_charged:
        assert refused is None
    else:
        assert isinstance(refused, Reject)
        assert refused.detail == (
            "service s, seats: nothing is charged after 1970-02-01T00:00:00.000000Z"
        )
