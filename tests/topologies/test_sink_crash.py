"""The sink over deaths: its own at each named step, and the database's at any moment."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.kafka.avro import AvroCodec
from connectors.settings import ClickHouseSettings, KafkaSettings
from connectors.steps import Step, observe
from infra.clickhouse.engine import ServerOptions, start_clickhouse
from infra.ports import free_port
from tests.connectors.ledger_world import World
from tests.topologies.test_sink import check, drain
from topologies.sink.intake import IntakeLane
from topologies.sink.ledger import LedgerLane
from topologies.sink.process import Lane, LaneThread


class Died(BaseException):
    """The process is gone: nothing it holds in memory is used again."""


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings) -> Iterator[Database]:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


@pytest.fixture
def dies_at() -> Iterator[list[Step]]:
    """Steps put in this list end the lane that passes them, once each."""
    planned: list[Step] = []

    def observer(step: str) -> None:
        if planned and planned[0] == step:
            planned.pop(0)
            raise Died(step)

    observe(observer)
    yield planned
    observe(None)


def test_a_sink_that_dies_between_insert_and_position_stores_everything_once(
    kafka_settings: KafkaSettings, database: Database, dies_at: list[Step]
) -> None:
    world = World(kafka_settings, seed=21)
    for step in (Step.SINK_AFTER_INSERT, Step.SINK_BETWEEN_TABLES) * 2:
        world.round(6)
        dies_at.append(step)
        with pytest.raises(Died):
            drain(kafka_settings, database)
    drain(kafka_settings, database)
    check(database, world)


def test_a_database_that_is_killed_while_it_stores_loses_and_doubles_nothing(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    """SIGKILL in the middle of inserts, four times; the lanes wait and go on by themselves."""
    options = ServerOptions(
        directory=tmp_path / "clickhouse", port=free_port(), log=tmp_path / "clickhouse.log"
    )
    server = start_clickhouse(options)
    migrate(server.settings)
    world = World(kafka_settings, seed=22)
    stopping = threading.Event()
    openers: dict[str, Callable[[Database], Lane]] = {
        "ledger": lambda database: LedgerLane(kafka_settings, database),
        "intake": lambda database: IntakeLane(kafka_settings, database, AvroCodec()),
    }
    lanes = [
        LaneThread(name, server.settings, opener, stopping) for name, opener in openers.items()
    ]
    for lane in lanes:
        lane.start()
    try:
        for _ in range(4):
            for _ in range(3):
                world.round(10)
            server.child.kill()
            server = start_clickhouse(options)
        world.round(3)
    finally:
        stopping.set()
        for lane in lanes:
            lane.join(30)
    assert [lane.failure for lane in lanes] == [None, None]
    with Database(server.settings) as database:
        drain(kafka_settings, database)
        check(database, world)
    server.stop()
