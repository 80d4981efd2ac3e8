"""The sink on the real broker and database: every row once, whatever is repeated or dies."""

import threading
from decimal import Decimal
from time import monotonic

import pytest
from prometheus_client import REGISTRY

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.kafka.avro import AvroCodec
from connectors.settings import ClickHouseSettings, KafkaSettings
from tests.connectors.ledger_world import World
from topologies.sink.intake import IntakeLane
from topologies.sink.ledger import LedgerLane

WITHIN_S = 30


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings):
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def drain(kafka: KafkaSettings, database: Database) -> None:
    """Let both lanes store all there is, each opened anew."""
    stopping = threading.Event()
    ledger = LedgerLane(kafka, database)
    intake = IntakeLane(kafka, database, AvroCodec())
    try:
        deadline = monotonic() + WITHIN_S
        quiet = 0
        while quiet < 2 and monotonic() < deadline:
            quiet = 0 if ledger.step(stopping) + intake.step(stopping) else quiet + 1
    finally:
        ledger.close()
        intake.close()


def check(database: Database, world: World) -> None:
    """What is stored is what the world remembers, to the last digit."""
    stored = database.query(
        "SELECT record_id, account, amount, lines.amount, postings.amount FROM rated FINAL"
    )
    expected = {
        rated.record.record_id: (
            rated.account,
            rated.amount,
            [line.amount for line in rated.lines],
            [posting.amount for posting in rated.postings],
        )
        for rated in world.rated
    }
    assert {row[0]: row[1:] for row in stored} == expected
    assert len(stored) == len(expected)
    money = database.query("SELECT account, remaining FROM balance_buckets")
    assert dict(money) == dict(world.money)
    counters = database.query("SELECT ledger_partition, ledger_account, total FROM counters FINAL")
    assert {(row[0], row[1]): row[2] for row in counters} == dict(world.counters)
    for table in ("charges_by_hour", "charges_by_day"):
        ((records, amount, tokens),) = database.query(
            f"SELECT sum(records), sum(amount), sumMap(quantities) FROM {table} FINAL"
        )
        assert records == len(world.rated)
        assert amount == sum(rated.amount for rated in world.rated)
        assert tokens["tokens"] == sum(
            Decimal(usage.quantity) for rated in world.rated for usage in rated.record.usages[:1]
        )


def test_everything_is_stored_once_and_exactly(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    world = World(kafka_settings)
    for _ in range(3):
        world.round()
    drain(kafka_settings, database)
    check(database, world)
    ends = dict(database.query("SELECT verdict, count() FROM verdicts FINAL GROUP BY verdict"))
    assert ends == {
        k: n for k, n in world.ends.items() if k in ("duplicate", "suspended", "error", "ignored")
    }
    assert database.query("SELECT count() FROM errors FINAL") == [(world.ends["unread"],)]
    assert database.query("SELECT count() FROM suspense FINAL") == [(world.ends["unknown"],)]
    assert database.query("SELECT count(), uniqExact(source_offset) FROM raw FINAL") == [
        (sum(world.ends.values()),) * 2
    ]


def test_a_sink_that_starts_again_in_the_middle_counts_nothing_twice(
    kafka_settings: KafkaSettings, database: Database
) -> None:
    """Positions are put back, so that all rows are made a second time, in other batches."""
    world = World(kafka_settings, seed=2)
    world.round()
    drain(kafka_settings, database)
    world.round(5)
    drain(kafka_settings, database)
    database.command("TRUNCATE TABLE positions")
    world.round(7)
    drain(kafka_settings, database)
    check(database, world)


def test_void_records_count_for_nothing(kafka_settings: KafkaSettings, database: Database) -> None:
    world = World(kafka_settings, seed=3)
    world.round(4)
    world.append_void(1)
    world.round(4)
    drain(kafka_settings, database)
    check(database, world)


def test_it_tells_how_far_it_is(kafka_settings: KafkaSettings, database: Database) -> None:
    world = World(kafka_settings, seed=8)
    world.round()
    rows = {"table": "rated"}
    before = REGISTRY.get_sample_value("vivace_sink_rows_total", rows) or 0
    drain(kafka_settings, database)
    stored = REGISTRY.get_sample_value("vivace_sink_rows_total", rows)
    assert stored == before + len(world.rated)
    ledger = {"process": "sink", "topic": f"{kafka_settings.prefix}ledger"}
    lags = [
        REGISTRY.get_sample_value("vivace_follower_lag_messages", ledger | {"partition": str(at)})
        for at in range(kafka_settings.partitions)
    ]
    assert set(lags) == {0}
