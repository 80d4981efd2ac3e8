"""Entitlements by the door and the command line, of a catalog in force and stored balances."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from connectors.api.keys import Scope
from connectors.catalog.load import load_catalog
from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.kafka.catalog_topic import activate, publish
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.cli.entitlement import app
from tests.connectors.door import Door, DoorSettings, is_problem
from tests.connectors.test_catalog_entitlements import SOUND

PATH = "/v1/tenants/acme/accounts/ada/entitlements"
ROWS = (
    "INSERT INTO accounts (tenant, account, ledger_partition, ledger_offset, ledger_index, version,"
    " root, payment, currency, time_zone, credit_limit, changed_at)"
    " VALUES ('acme', 'ada', 0, 1, 0, 1, 'ada', 'postpaid', 'CHF', 'UTC', NULL, now()),"
    " ('acme', 'idle', 0, 3, 0, 1, 'idle', 'postpaid', 'CHF', 'UTC', NULL, now())",
    "INSERT INTO services (tenant, service_id, ledger_partition, ledger_offset, ledger_index,"
    " version, assignments.account, assignments.root, assignments.subscription,"
    " assignments.price_plan, assignments.start_at, assignments.end_at, assignments.moved_to,"
    " changed_at) VALUES ('acme', 'key', 0, 2, 0, 1, ['ada', 'ada', 'ada'], ['ada', 'ada', 'ada'],"
    " ['key', 'key', 'key'], ['other', 'pro', 'other'], ['2020-01-01', '2026-01-01', '2290-01-01'],"
    " ['2026-01-01', '2290-01-01', '2299-12-31'], ['', '', ''], now())",
    "INSERT INTO balances (tenant, account, ledger_partition, buckets.resource,"
    " buckets.period_start, buckets.period_end, buckets.granted, buckets.remaining, buckets.id,"
    " buckets.priority, buckets.products, is_deleted, changed_at, through) VALUES ('acme', 'ada',"
    " 0, ['free'], ['1900-01-01'], ['2290-01-01'], [30], [12.5], ['gift'], [0], [[]], 0, now(), 7)",
)


@pytest.fixture
def door(
    tmp_path: Path, kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings
) -> Iterator[Door]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        for rows in ROWS:
            database.command(rows)
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "catalog.yaml").write_text(SOUND)
    activate(kafka_settings, tenant="acme", version=publish(kafka_settings, load_catalog(folder)))
    opened = Door(DoorSettings(kafka_settings, clickhouse_settings, tmp_path))
    yield opened
    opened.close()


def typed(door: Door, *words: str) -> tuple[int, Any]:
    kafka, clickhouse = door.settings.kafka, door.settings.clickhouse
    environment = {
        "VIVACE_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "VIVACE_KAFKA_PREFIX": kafka.prefix,
        "VIVACE_CLICKHOUSE_HOST": clickhouse.host,
        "VIVACE_CLICKHOUSE_PORT": str(clickhouse.port),
        "VIVACE_CLICKHOUSE_USER": clickhouse.user,
        "VIVACE_CLICKHOUSE_PASSWORD": clickhouse.password,
        "VIVACE_CLICKHOUSE_DATABASE": clickhouse.database,
    }
    done = CliRunner().invoke(app, [*words, "-t", "acme", "--json"], env=environment)
    return done.exit_code, json.loads(done.stdout) if done.stdout else None


def test_the_answer_is_allowed_why_and_how_much(door: Door) -> None:
    client = door.client(Scope.READ, tenant="acme")
    found = client.get(PATH).json()
    assert [each["feature"] for each in found] == ["hum", "ring", "seats", "sso", "talk"]
    talk = client.get(f"{PATH}/talk").json()
    assert (talk["allowed"], talk["reason"], talk["price_plan"]) == (True, "entitled", "pro")
    assert talk["balance"] == {
        "granted": "90", "used": "17.5", "reserved": "0", "remaining": "72.5",
        "unlimited": False, "overage_allowed": True,
        "next_reset_at": talk["balance"]["next_reset_at"],
    }  # fmt: skip
    assert talk["ledger"] == [{"partition": 0, "offset": 7}]
    nothing = client.get(f"{PATH}/fly").json()
    assert (nothing["allowed"], nothing["reason"], nothing["balance"]) == (
        False, "not_entitled", None
    )  # fmt: skip
    idle = client.get("/v1/tenants/acme/accounts/idle/entitlements/sso").json()
    assert (idle["allowed"], idle["reason"]) == (False, "no_service")
    assert idle["ledger"] == [{"partition": 0, "offset": 3}]
    assert is_problem(client.get("/v1/tenants/acme/accounts/nobody/entitlements"), 404)
    document = client.get("/openapi.json").json()
    schema = {
        "$ref": "#/components/schemas/EntitlementAnswer",
        "components": document["components"],
    }
    for answer in (*found, nothing, idle):
        jsonschema.Draft202012Validator(schema).validate(answer)


def test_the_command_line_tells_the_same(door: Door) -> None:
    asked = door.client(Scope.READ, tenant="acme").get(f"{PATH}/talk").json()
    code, told = typed(door, "ada", "talk")
    assert code == 0
    assert told | {"at": ""} == asked | {"at": ""}
    code, told = typed(door, "ada", "fly")
    assert (code, told["reason"]) == (1, "not_entitled")
    code, told = typed(door, "ada")
    assert (code, len(told)) == (0, 5)
    assert typed(door, "nobody") == (1, None)
