"""A record within which something changes counts by its start, waits, or is cut, by its type."""

from decimal import Decimal

import pytest

from streams.memory import MemoryState
from streams.model.account import Account, Service, ServiceAssignment
from streams.model.catalog import Catalog, CurrencyRule, UsageType
from streams.model.instant import BEGINNING, FOREVER
from streams.model.status import StatusMark
from streams.model.usage import Usage, UsageRecord
from streams.outcome import Reject
from streams.rate.guide import Guide
from streams.rate.payer import Payer
from streams.rate.plan import compile_catalog
from streams.rate.spanning import Cut, guide_for, parts_of
from streams.state import Table

TYPES = (
    UsageType(id="call", units=("s",)),
    UsageType(id="session", units=("s",), at_change="suspend"),
    UsageType(id="stream", units=("s",), at_change="split"),
)
CHF = CurrencyRule(code="CHF", digits=2, rounding="half_up")


def guide_of(*types: UsageType) -> object:
    return guide_for(
        compile_catalog(Catalog(tenant="t", currencies=(CHF,), usage_types=types, price_plans=()))
    )


def record(usage_type: str, start: int, end: int, quantity: int = 100) -> UsageRecord:
    return UsageRecord(
        b"0" * 16, "t", "s", "e", 0, 0, 0, usage_type, "key", "one", start, end,
        (Usage("s", quantity),), {},
    )  # fmt: skip


def state_of(*assigned: ServiceAssignment, account: tuple[StatusMark, ...] = ()) -> MemoryState:
    state = MemoryState()
    for name in ("one", "two"):
        put = Account("t", name, "one", "postpaid", "CHF", "UTC", statuses=account)
        state.put(Table.ACCOUNTS, f"t\0{name}".encode(), put)
    state.put(Table.SERVICES, b"t\0key", Service("t", "key", assigned))
    return state


def assigned(start: int, end: int, plan: str = "p", **more: str) -> ServiceAssignment:
    account, root = more.get("account", "one"), more.get("root", "one")
    return ServiceAssignment(account, root, more.get("sub", "sub"), plan, start, end)


def told(usage_type: str, start: int, end: int, state: MemoryState) -> object:
    found = guide_of(*TYPES).payer_of(record(usage_type, start, end), state)  # type: ignore[attr-defined]
    if isinstance(found, Payer):
        return "payer"
    return found.times if isinstance(found, Cut) else str(found.reason)


def test_a_catalog_without_such_a_type_looks_at_no_end() -> None:
    assert type(guide_of(TYPES[0])) is Guide


@pytest.mark.parametrize(
    ("end", "session", "stream"),
    [(2000, "payer", "payer"), (2001, "spans_change", (2000,)), (3000, "spans_change", (2000,))],
)
def test_a_change_counts_before_the_end_alone(end: int, session: object, stream: object) -> None:
    state = state_of(assigned(0, 2000), assigned(2000, 3000, "q"), assigned(3000, 4000, "p"))
    assert told("call", 1000, end, state) == "payer"
    assert told("session", 1000, end, state) == session
    assert told("stream", 1000, end, state) == stream


@pytest.mark.parametrize(
    ("other", "stream"),
    [
        ({}, "payer"),
        ({"sub": "another"}, (2000,)),
        ({"account": "two"}, (2000,)),
        ({"account": "two", "root": "two"}, "spans_change"),
        ({"account": "nobody"}, "unknown_account"),
    ],
)
def test_what_is_the_same_after_it_is_no_change(other: dict[str, str], stream: object) -> None:
    state = state_of(assigned(0, 2000), assigned(2000, FOREVER, **other))
    assert told("stream", 1000, 2500, state) == stream
    assert told("session", 1000, 2500, state) == ("payer" if not other else "spans_change")


def test_what_moves_away_within_it_is_not_cut() -> None:
    there = ServiceAssignment("one", "one", "sub", "p", 0, 2000, moved_to="two")
    assert told("stream", 1000, 2500, state_of(there)) == "spans_change"


def test_the_code_of_a_later_part_is_that_of_the_whole() -> None:
    marks = (StatusMark(1500, "active"), StatusMark(2000, "suspended"), StatusMark(2200, "active"))
    state = state_of(assigned(BEGINNING, FOREVER), account=marks)
    assert told("stream", 1000, 2000, state) == "payer"
    assert told("stream", 1000, 2001, state) == "account_suspended"
    found = guide_of(*TYPES).payer_of(record("session", 1000, 2001), state)  # type: ignore[attr-defined]
    assert isinstance(found, Reject)
    assert (found.reason, found.lacks) == ("spans_change", "account:t:one")


def test_more_changes_than_there_are_part_numbers_are_not_cut() -> None:
    state = state_of(*(assigned(i, i + 1, str(i)) for i in range(1200)))
    assert told("stream", 0, 999, state) == tuple(range(1, 999))
    assert told("stream", 0, 1000, state) == "spans_change"


def test_parts_sum_to_the_whole_and_are_told_apart() -> None:
    whole = record("stream", 0, 90, 100)
    parts = list(parts_of(whole, Cut(times=(30, 60))))
    assert sum(Decimal(part.usages[0].quantity) for part in parts) == 100
    assert parts[0].usages[0].quantity == Decimal("33.333333333333")
    assert [(part.part, part.occurred_at, part.ended_at) for part in parts] == [
        (1, 0, 30), (2, 30, 60), (3, 60, 90),
    ]  # fmt: skip
    assert len({whole.record_id, *(part.record_id for part in parts)}) == 4
