"""What sessions were told comes back as it went in, each once however often it is stored."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from connectors.clickhouse.client import Database
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.steps import StoredStep, decode_frame
from connectors.kafka.codec import encode_ledger
from connectors.settings import ClickHouseSettings
from streams.model.instant import instant_of
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.session_command import SessionCommand

NOON = 1_795_000_000_123_456
SLOWER = SessionCommand(
    "0f2b",
    "acme",
    "ada",
    "chat",
    "key-1",
    "edge-4",
    "throttle",
    "128 kbit/s",
    "fair use",
    "operator",
    NOON,
)
OVER = replace(
    SLOWER, command_id="1a", action="terminate", value="", reason="validity", cause="expiry"
)


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def step(*told: SessionCommand, offset: int = 4) -> StoredStep:
    record = LedgerRecord(LEDGER_FORMAT, "step", 3, b"o", 2, (5, 1), "e", signals=told)
    packed = encode_ledger(record)
    return StoredStep(2, offset, 1_795_000_000_123, decode_frame(packed), len(packed))


def test_each_is_a_row_with_its_place() -> None:
    made = dict(LedgerRows().rows_of([step(SLOWER), step(OVER, SLOWER, offset=5)], NO_DATABASE))
    rows = made["session_commands"].to_pylist()
    assert [row["command_id"] for row in rows] == ["0f2b", "1a", "0f2b"]
    assert [(row["ledger_offset"], row["ledger_index"]) for row in rows] == [(4, 0), (5, 0), (5, 1)]


def test_a_step_that_tells_nobody_has_none() -> None:
    assert "session_commands" not in dict(LedgerRows().rows_of([step()], NO_DATABASE))


def test_it_comes_back_as_it_went_in(database: Database) -> None:
    for _ in range(2):
        for table, made in LedgerRows().rows_of([step(SLOWER, OVER)], database):
            database.insert(table, made)
    found: list[dict[str, Any]] = list(
        database.records("SELECT * FROM session_commands FINAL ORDER BY command_id")
    )
    for row, told in zip(found, (SLOWER, OVER), strict=True):
        row["occurred_at"] = instant_of(row["occurred_at"])
        assert {name: row[name] for name in asdict(told)} == asdict(told)


NO_DATABASE: Any = None
"""Steps without charges ask for nothing."""
