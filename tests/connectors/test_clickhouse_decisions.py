"""Decisions come back as they went in, each once however often it is stored."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.clickhouse.client import Database
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.steps import StoredStep, decode_frame
from connectors.kafka.codec import encode_ledger
from connectors.settings import ClickHouseSettings
from streams.model.decision import Decision
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.usage import Usage

NOON = 1_795_000_000_123_456
STOPPED = Decision(
    "session/chat/1/llm",
    "acme",
    "ada",
    "key",
    "chat",
    "reserve",
    "llm",
    "llm",
    NOON,
    "stop",
    "budget_exhausted",
    "budget",
    "agents",
    "agent",
    "budget_exhausted",
    "budget agents of a bears 5 CHF at most",
    {"agent": "a"},
    {},
    (Usage("output", 10**18), Usage("input", Decimal("0.5"))),
    (),
    Decimal(0),
    "CHF",
)


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def step(*decisions: Decision, offset: int = 4) -> StoredStep:
    record = LedgerRecord(LEDGER_FORMAT, "step", 3, b"o", 2, (5, 1), "e", decisions=decisions)
    packed = encode_ledger(record)
    return StoredStep(2, offset, 1_795_000_000_123, decode_frame(packed), len(packed))


def rows(database: Database, *steps: StoredStep) -> list[Any]:
    for table, made in LedgerRows().rows_of(steps, database):
        database.insert(table, made)
    return list(database.records("SELECT * FROM decisions FINAL ORDER BY decision_id"))


def test_a_decision_is_a_row(database: Database) -> None:
    granted = (Usage("output", 3),)
    other = replace(STOPPED, decision_id="a", outcome="downgrade", instead={"model": "small"})
    other = replace(other, granted=granted, amount=Decimal("0.000000000001"))
    found = rows(database, step(STOPPED, other))
    assert rows(database, step(STOPPED, other)) == found
    changed, stopped = found
    assert (stopped["decision_id"], stopped["outcome"]) == (STOPPED.decision_id, "stop")
    assert (stopped["rule"], stopped["rule_kind"], stopped["budget_level"]) == (
        "agents",
        "budget",
        "agent",
    )
    assert stopped["answer"] == stopped["reason"] == "budget_exhausted"
    assert stopped["attributes"] == {"agent": "a"}
    assert stopped["requested_units"] == {"output": str(10**18), "input": "0.5"}
    assert (changed["granted_units"], changed["instead"]) == ({"output": "3"}, {"model": "small"})
    assert changed["amount"] == Decimal("0.000000000001")
    assert (changed["ledger_offset"], changed["ledger_index"]) == (4, 1)


def test_a_step_without_decisions_has_none(database: Database) -> None:
    assert rows(database, step()) == []
