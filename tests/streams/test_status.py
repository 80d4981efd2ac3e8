"""Dated statuses: which one is in force when, and what a change of one does."""

import pytest

from streams.memory import MemoryState
from streams.model.account import Account, Service
from streams.model.command import PutStatus
from streams.model.instant import BEGINNING, FOREVER, Period
from streams.model.status import StatusMark, StatusWord, marked, status_at
from streams.state import Effects, Table
from streams.status import put_status

MARKS = (StatusMark(100, "suspended"), StatusMark(200, "active"), StatusMark(300, "terminated"))
ADA = Account("t", "ada", "ada", "postpaid", "CHF", "UTC")
KEY = Service("t", "key", ())


@pytest.mark.parametrize(
    ("at", "status", "span"),
    [
        (BEGINNING, "active", Period(BEGINNING, 100)),
        (99, "active", Period(BEGINNING, 100)),
        (100, "suspended", Period(100, 200)),
        (199, "suspended", Period(100, 200)),
        (200, "active", Period(200, 300)),
        (300, "terminated", Period(300, FOREVER)),
        (FOREVER, "terminated", Period(300, FOREVER)),
    ],
)
def test_a_status_counts_until_the_next(at: int, status: StatusWord, span: Period) -> None:
    assert status_at(MARKS, at) == (status, span)


def test_without_marks_everything_is_active() -> None:
    assert status_at((), 0) == ("active", Period(BEGINNING, FOREVER))


def test_marks_are_kept_in_order_and_one_for_each_start() -> None:
    assert marked(MARKS[1:], MARKS[0]) == MARKS
    again = marked(MARKS, StatusMark(200, "terminated"))
    assert again == (MARKS[0], StatusMark(200, "terminated"), MARKS[2])


def put(state: MemoryState, service_id: str = "", start: int = 100) -> Effects:
    effects = Effects()
    command = PutStatus("c", "t", "ada", "ada", "suspended", start, service_id)
    put_status(command, state, effects)
    return effects


def test_what_is_there_changes_and_is_told() -> None:
    state = MemoryState()
    state.put(Table.ACCOUNTS, b"t\0ada", ADA)
    state.put(Table.SERVICES, b"t\0key", KEY)
    (account,) = put(state).facts
    assert (account.statuses, account.version) == (MARKS[:1], 2)
    (service,) = put(state, "key").facts
    assert (service.statuses, service.version) == (MARKS[:1], 2)
    assert state.get(Table.SERVICES, b"t\0key") == service
    assert state.get(Table.ACCOUNTS, b"t\0ada") == account
    assert put(state).facts == []
    assert state.get(Table.ACCOUNTS, b"t\0ada") is account


def test_what_is_not_known_has_no_status() -> None:
    state = MemoryState()
    assert put(state).facts == []
    assert put(state, "key").facts == []
    assert state.get(Table.ACCOUNTS, b"t\0ada") is None
