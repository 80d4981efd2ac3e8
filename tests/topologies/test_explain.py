"""Explaining an event: from its raw bytes to its lines, postings and balances."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from connectors.clickhouse.client import Database
from connectors.clickhouse.explain import explain
from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings, KafkaSettings
from tests.connectors.ledger_world import World
from tests.topologies.test_sink import drain


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def test_an_event_is_explained_from_its_bytes_to_its_balances(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    world = World(kafka_settings, seed=11)
    world.round(30)
    drain(kafka_settings, database)
    rated = world.rated[3]
    for name in (
        rated.record.event_id,
        f"/gw:{rated.record.event_id}",
        rated.record.record_id.hex(),
    ):
        found = explain(database, name).as_json()
        (raw,), (charge,) = found["raw"], found["charges"]
        assert rated.record.event_id in raw["value"]
        assert raw["source_offset"] == rated.position.offset
        assert raw["headers"] == [{"name": "h", "value": "0xff"}]
        assert Decimal(charge["amount"]) == rated.amount
        assert charge["lines"][0]["rule"] == "per_unit"
        assert [Decimal(leg["amount"]) for leg in charge["postings"]] == [
            posting.amount for posting in rated.postings
        ]
        (change,) = charge["changes"]
        assert Decimal(change["before"]) == rated.changes[0].before
        assert Decimal(change["after"]) == rated.changes[0].after
        assert charge["catalog_version"] == "v1"
        assert charge["attributes"] == rated.record.attributes
    assert not explain(database, "event-of-nobody").is_found
    suspended = database.query("SELECT event_id FROM suspense FINAL LIMIT 1")[0][0]
    (waiting,) = explain(database, suspended).as_json()["suspense"]
    assert (waiting["code"], waiting["raw"]) == ("unknown_service", "0x00ff")
