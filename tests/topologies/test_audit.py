"""The audit: clean on what the sink stored, and able to find every kind of damage."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.clickhouse.audit import Report, audit, await_cut, compare_with_log
from connectors.clickhouse.client import Database
from connectors.clickhouse.explain import explain
from connectors.clickhouse.migrate import migrate
from connectors.errors import Unavailable
from connectors.kafka.client import bounds, describe_topics, new_consumer
from connectors.kafka.ledger import ledger_topic
from connectors.kafka.marks import mediation_group, take_mark
from connectors.settings import ClickHouseSettings, KafkaSettings
from streams.model.usage import MADE
from tests.connectors.ledger_world import World
from tests.topologies.test_sink import drain


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


@pytest.fixture
def world(kafka_settings: KafkaSettings, database: Database) -> World:
    """Three rounds, stored; mediation has acknowledged all of them."""
    world = World(kafka_settings, seed=7)
    for _ in range(3):
        world.round()
    drain(kafka_settings, database)
    acknowledge(world)
    return world


def acknowledge(world: World, *, but: int = 0) -> None:
    """Commit as mediation does, all messages `but` the last ones."""
    consumer = new_consumer(world.kafka, {"group.id": mediation_group(world.kafka)})
    consumer.commit(offsets=[_end(consumer, world, but)], asynchronous=False)
    consumer.close()


def _end(consumer: Consumer, world: World, but: int) -> TopicPartition:
    return TopicPartition(world.source, 0, bounds(consumer, world.source, 0)[1] - but)


def audited(world: World, database: Database, *, within_s: float = 10) -> Report:
    topic = ledger_topic(world.kafka)
    ledger_id = describe_topics(world.kafka, [topic])[topic].topic_id
    cut = await_cut(database, take_mark(world.kafka), ledger_id=ledger_id, within_s=within_s)
    return audit(database, cut, wait=lambda _: None)


def failed(report: Report) -> set[str]:
    return {finding.name for finding in report.findings if not finding.is_clean}


def test_what_was_stored_whole_has_no_gap(world: World, database: Database) -> None:
    report = audited(world, database)
    found = report.as_json()
    assert found["ok"], [check for check in found["checks"] if not check["ok"]]
    assert found["gap"] == {"records": "0", "rows": "0", "value": "0"}
    ends = world.ends
    assert found["records"] == {
        "in": str(sum(ends.values())),
        "charged": str(ends["charged"]),
        "duplicate": str(ends["duplicate"]),
        "ignored": str(ends["ignored"]),
        "error": str(ends["error"] + ends["unread"]),
        "suspended": str(ends["suspended"] + ends["unknown"]),
        "pending": "0",
        "made": "12",
    }
    amount = sum(rated.amount for rated in world.rated)
    assert Decimal(found["amounts"]["USD"]) == amount


def test_charges_that_no_source_sent_are_counted_apart(world: World, database: Database) -> None:
    world.make(world.account_of(1), "2025-03")
    world.make(world.account_of(2), "2025-04")
    drain(world.kafka, database)
    found = audited(world, database).as_json()
    assert found["ok"], [check for check in found["checks"] if not check["ok"]]
    assert found["records"]["made"] == "14"
    assert found["records"]["charged"] == str(world.ends["charged"])
    (explained,) = explain(database, "fee/2025-03").charges[:1]
    assert explained["topic_id"] == MADE
    assert explained["charging_offset"] >= 0


def test_a_charge_made_twice_for_one_cause_is_found(world: World, database: Database) -> None:
    world.make(world.account_of(1), "2025-03")
    world.make(world.account_of(1), "2025-03")
    drain(world.kafka, database)
    assert failed(audited(world, database)) == {"charged_once"}


def test_what_mediation_has_not_acknowledged_is_pending(world: World, database: Database) -> None:
    acknowledge(world, but=5)
    found = audited(world, database).as_json()
    assert found["ok"]
    assert found["records"]["pending"] == "5"
    assert found["records"]["in"] == str(sum(world.ends.values()))


def test_a_cut_that_the_database_has_not_reached_is_refused(
    world: World, database: Database
) -> None:
    world.round(1)
    acknowledge(world)
    with pytest.raises(Unavailable, match="charging"):
        audited(world, database, within_s=0.5)


def test_stored_charges_are_compared_with_the_ledger_itself(
    world: World, database: Database
) -> None:
    """Void records of the ledger count for nothing; a changed amount is found by its hash."""
    world.append_void(2)
    world.round(3)
    drain(world.kafka, database)
    acknowledge(world)
    cut = audited(world, database).cut
    assert compare_with_log(database, cut, world.kafka).is_clean
    database.command(
        "ALTER TABLE rated UPDATE amount = amount + 1 WHERE account = 'account-002'"
        " SETTINGS mutations_sync = 2"
    )
    assert compare_with_log(database, cut, world.kafka).records == 1


def test_charges_of_any_size_are_compared_with_the_ledger(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    world = World(kafka_settings, seed=7)
    for size in (Decimal(10**12), Decimal(10**21), Decimal(10**25)):
        world.make(world.account_of(1), f"large-{size}", quantity=size)
        world.make(world.account_of(2), f"back-{size}", quantity=-1 - size)
    drain(world.kafka, database)
    acknowledge(world)
    assert max(abs(rated.amount) for rated in world.rated) > 10**17
    report = audited(world, database)
    assert report.is_ok, report.as_json()
    assert compare_with_log(database, report.cut, world.kafka).is_clean


DAMAGE = {
    "a missing charge": (
        "ALTER TABLE rated DELETE WHERE source_offset = {offset}",
        {"source_positions", "rows_of_steps"},
    ),
    "a missing message": (
        "ALTER TABLE raw DELETE WHERE source_offset = {offset}",
        {"raw_messages"},
    ),
    "a doubled charge": (
        "INSERT INTO rated SELECT * REPLACE (ledger_index + 1000 AS ledger_index) FROM rated "
        "WHERE source_offset = {offset}",
        {"charged_once", "rows_of_steps"},
    ),
    "a wrong amount": (
        "ALTER TABLE rated UPDATE amount = amount + 0.000000000001 WHERE source_offset = {offset}",
        {"charges_add_up", "aggregates_equal"},
    ),
    "an unbalanced posting": (
        "ALTER TABLE rated UPDATE `postings.amount` = arrayMap((a, n) -> if(n = 2, a + 1, a), "
        "postings.amount, arrayEnumerate(postings.amount)) WHERE source_offset = {offset}",
        {"postings_balance", "counters_equal"},
    ),
    "a wrong balance before": (
        "ALTER TABLE rated UPDATE `changes.before` = arrayMap(b -> b + 1, changes.before) "
        "WHERE source_offset = {offset}",
        {"changes_explain"},
    ),
    "a wrong balance": (
        "ALTER TABLE balances UPDATE `buckets.remaining` = arrayMap(b -> b + 1, buckets.remaining) "
        "WHERE account = 'account-001'",
        {"balances_equal"},
    ),
    "a wrong total of an hour": (
        "ALTER TABLE charges_by_hour UPDATE amount = amount + 1, records = records + 1 "
        "WHERE account = 'account-001'",
        {"aggregates_equal"},
    ),
    "a wrong quantity of a day": (
        "ALTER TABLE charges_by_day UPDATE quantities = mapApply((k, v) -> (k, v + 1), quantities) "
        "WHERE account = 'account-001'",
        {"aggregates_equal"},
    ),
    "an hour that is missing": (
        "ALTER TABLE charges_by_hour DELETE WHERE account = 'account-001'",
        {"aggregates_equal"},
    ),
    "a wrong counter": (
        "ALTER TABLE counters UPDATE total = total + 1 WHERE ledger_account = 'funding'",
        {"counters_equal"},
    ),
    "a top-up that vanished": (
        "ALTER TABLE rated DELETE WHERE usage_type = 'top_up'",
        {"balances_equal", "counters_equal", "rows_of_steps"},
    ),
    "a missing step": (
        "ALTER TABLE steps DELETE WHERE ledger_offset = 1",
        {"chain_of_steps", "rows_of_steps"},
    ),
    "a missing error": ("ALTER TABLE errors DELETE WHERE 1", {"source_positions"}),
    "a missing verdict": (
        "ALTER TABLE verdicts DELETE WHERE verdict = 'duplicate'",
        {"source_positions", "rows_of_steps"},
    ),
}


def test_every_planted_damage_is_found(world: World, database: Database) -> None:
    """Each damage is done to a copy of the tables as they were, and found by its own checks."""
    tables = [
        name
        for (name,) in database.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() "
            "AND engine = 'ReplacingMergeTree'"
        )
    ]
    for table in tables:
        database.command(f"CREATE TABLE kept_{table} AS {table}")
        database.command(f"INSERT INTO kept_{table} SELECT * FROM {table} FINAL")
    offset = world.rated[10].position.offset
    for name, (statement, checks) in DAMAGE.items():
        sql = statement.format(offset=offset)
        database.command(f"{sql} SETTINGS mutations_sync = 2" if "ALTER" in sql else sql)
        report = audited(world, database)
        assert failed(report) >= checks, name
        assert not report.is_ok
        assert report.as_json()["gap"] != {"records": "0", "rows": "0", "value": "0"}, name
        damaged = sql.split()[2]
        database.command(f"TRUNCATE TABLE {damaged}")
        database.command(f"INSERT INTO {damaged} SELECT * FROM kept_{damaged}")
    assert audited(world, database).is_ok
