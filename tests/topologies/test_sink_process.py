"""The sink as a program: it waits for a database that is away, and ends cleanly when asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.ports import free_port
from tests.connectors.ledger_world import World

WITHIN_S = 60
END_WITHIN_S = 12


@contextmanager
def sink(
    kafka: KafkaSettings, clickhouse: ClickHouseSettings, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A running sink; killed at the end if it still runs."""
    environment = os.environ | {
        "VIVACE_DATA": str(folder),
        "VIVACE_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "VIVACE_KAFKA_PREFIX": kafka.prefix,
        "VIVACE_PARTITIONS": str(kafka.partitions),
        "VIVACE_CLICKHOUSE_HOST": clickhouse.host,
        "VIVACE_CLICKHOUSE_PORT": str(clickhouse.port),
        "VIVACE_CLICKHOUSE_USER": clickhouse.user,
        "VIVACE_CLICKHOUSE_PASSWORD": clickhouse.password,
        "VIVACE_CLICKHOUSE_DATABASE": clickhouse.database,
    }
    with (folder / "sink.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "infra.cli", "run", "sink"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=Path(__file__).parents[2],
        )
        try:
            yield running
        finally:
            running.kill()
            running.wait()


def wait_until(condition: object, log: Path) -> None:
    assert callable(condition)
    deadline = monotonic() + WITHIN_S
    while not condition():
        assert monotonic() < deadline, log.read_text()
        sleep(0.1)


def ends_cleanly(running: subprocess.Popen[bytes], log: Path) -> None:
    running.send_signal(signal.SIGTERM)
    assert running.wait(END_WITHIN_S) == 0, log.read_text()


def test_it_stores_and_ends_cleanly(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    migrate(clickhouse_settings)
    world = World(kafka_settings, seed=31)
    world.round()
    log = tmp_path / "sink.log"
    with (
        sink(kafka_settings, clickhouse_settings, tmp_path) as running,
        Database(clickhouse_settings) as database,
    ):
        wait_until(
            lambda: database.query("SELECT count() FROM rated FINAL") == [(len(world.rated),)], log
        )
        ends_cleanly(running, log)


def test_a_database_that_is_away_is_waited_for(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    away = ClickHouseSettings(
        host=clickhouse_settings.host,
        port=free_port(),
        user=clickhouse_settings.user,
        password=clickhouse_settings.password,
    )
    log = tmp_path / "sink.log"
    with sink(kafka_settings, away, tmp_path) as running:
        wait_until(lambda: "trying again" in log.read_text(), log)
        assert running.poll() is None
        ends_cleanly(running, log)
