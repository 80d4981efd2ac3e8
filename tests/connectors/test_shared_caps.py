"""The sums of shared caps: every partition's newest part, by the door and by command."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.api.keys import Scope
from connectors.clickhouse.caps import cap_sums
from connectors.clickhouse.client import Database
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.migrate import migrate
from connectors.clickhouse.steps import StoredStep, decode_frame
from connectors.kafka.codec import encode_ledger, encode_value
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.cli.caps import app
from streams.caps.slices import cap_key
from streams.model.instant import DAY, SECOND, Instant
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from streams.model.shared_cap import CapSlice
from streams.state import Table
from tests.connectors.door import Door, DoorSettings, is_problem

START: Instant = 1_772_323_200 * SECOND
"""2026-03-01T00:00:00Z."""
END: Instant = START + 31 * DAY
WITHIN = "2026-03-31T23:59:59.999999Z"


def part(used: str, *, reserved: str = "0", beyond: str = "0") -> CapSlice:
    """What a partition has of a cap of 100."""
    used_, reserved_, beyond_ = map(Decimal, (used, reserved, beyond))
    return CapSlice(END, Decimal(100), Decimal(50), used_, reserved_, beyond_)


def step(partition: int, offset: int, slices: dict[bytes, CapSlice | None]) -> StoredStep:
    """A ledger record that changed these."""
    delta = tuple(
        (bytes([Table.CAP_SLICES]) + key, None if held is None else encode_value(held))
        for key, held in slices.items()
    )
    record = LedgerRecord(LEDGER_FORMAT, "step", offset - 1, b"o", 2, (5, 1), "e", delta=delta)
    packed = encode_ledger(record)
    return StoredStep(partition, offset, 1_795_000_000_123, decode_frame(packed), len(packed))


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    """Two caps of a tenant on two partitions, one of them with a group, and another tenant's."""
    migrate(clickhouse_settings)
    budget, red = (
        cap_key("acme", "budget", START),
        cap_key("acme", "tokens/account.team=red", START),
    )
    other = cap_key("else", "budget", START)
    batches = (
        [step(0, 4, {budget: part("10"), other: part("99")})],
        [step(0, 7, {budget: part("30", reserved="5")}), step(1, 3, {budget: part("2.5")})],
        [step(1, 9, {red: part("50", beyond="1")}), step(0, 8, {other: None})],
    )
    with Database(clickhouse_settings) as database:
        for steps in (*batches, batches[0]):
            for table, rows in LedgerRows().rows_of(steps, database):
                database.insert(table, rows)
        yield database


def test_the_sum_is_of_every_partitions_newest_part(database: Database) -> None:
    budget, tokens = cap_sums(database, "acme", at=END - 1)
    assert (budget.cap, budget.most, budget.used) == ("budget", 100, Decimal("32.5"))
    assert (budget.reserved, budget.beyond) == (5, 0)
    assert [(at.partition, at.offset) for at in budget.ledger] == [(0, 7), (1, 3)]
    assert (tokens.cap, tokens.used, tokens.beyond) == ("tokens/account.team=red", 50, 1)


def test_only_the_periods_that_hold_the_moment(database: Database) -> None:
    assert len(cap_sums(database, "acme", at=START)) == 2
    assert cap_sums(database, "acme", at=START - 1) == []
    assert cap_sums(database, "acme", at=END) == []
    assert [each.cap for each in cap_sums(database, "acme", at=START, cap="tokens")] == [
        "tokens/account.team=red"
    ]
    assert cap_sums(database, "acme", at=START, cap="token") == []


def test_what_has_left_the_state_stays_told(database: Database) -> None:
    (budget,) = cap_sums(database, "else", at=START)
    assert budget.used == 99


def test_by_command(database: Database, clickhouse_settings: ClickHouseSettings) -> None:
    environment = {
        "VIVACE_CLICKHOUSE_HOST": clickhouse_settings.host,
        "VIVACE_CLICKHOUSE_PORT": str(clickhouse_settings.port),
        "VIVACE_CLICKHOUSE_USER": clickhouse_settings.user,
        "VIVACE_CLICKHOUSE_PASSWORD": clickhouse_settings.password,
        "VIVACE_CLICKHOUSE_DATABASE": clickhouse_settings.database,
    }
    words = ["-t", "acme", "--at", WITHIN, "--cap", "budget"]
    told = CliRunner().invoke(app, [*words, "--json"], env=environment)
    assert json.loads(told.stdout)[0]["used"] == "32.5", told.output
    shown = CliRunner().invoke(app, words, env=environment)
    assert "32.5" in shown.stdout
    assert CliRunner().invoke(app, ["-t", "acme", "--at", "soon"], env=environment).exit_code


def test_by_the_door(
    database: Database,
    kafka_settings: KafkaSettings,
    clickhouse_settings: ClickHouseSettings,
    tmp_path: Path,
) -> None:
    door = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    try:
        client = door.client(Scope.READ)
        answer = client.get("/v1/tenants/acme/caps", params={"at": WITHIN})
        assert answer.status_code == 200, answer.text
        assert [each["used"] for each in answer.json()] == ["32.5", "50"]
        wrong = client.get("/v1/tenants/acme/caps", params={"at": "soon"})
        assert is_problem(wrong, 400)
        assert door.client().get("/v1/tenants/acme/caps").status_code == 401
    finally:
        door.close()
