"""Migrations: applied once, again where they died halfway, never edited."""

from pathlib import Path

import pytest

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate, migrations
from connectors.errors import Refused, Unavailable
from connectors.settings import ClickHouseSettings
from infra.ports import free_port


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def test_the_second_time_nothing_is_done(clickhouse_settings: ClickHouseSettings) -> None:
    assert migrate(clickhouse_settings) == [migration.name for migration in migrations()]
    assert migrate(clickhouse_settings) == []


def test_a_migration_that_died_halfway_is_run_again(
    clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    first = "CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = MergeTree ORDER BY x;\n"
    _write(tmp_path, "0001_two_tables.sql", first + "this is wrong;\n")
    with pytest.raises(Refused):
        migrate(clickhouse_settings, folder=tmp_path)
    _write(tmp_path, "0001_two_tables.sql", first + first.replace(" a ", " b ") + "-- a; b\n")
    assert migrate(clickhouse_settings, folder=tmp_path) == ["0001_two_tables"]
    with Database(clickhouse_settings) as database:
        assert database.query("SHOW TABLES") == [("a",), ("b",), ("migrations",)]


def test_an_applied_migration_that_was_edited_is_refused(
    clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    _write(tmp_path, "0001_x.sql", "SELECT 1;\n")
    migrate(clickhouse_settings, folder=tmp_path)
    _write(tmp_path, "0001_x.sql", "SELECT 2;\n")
    with pytest.raises(Refused, match="0001_x was edited"):
        migrate(clickhouse_settings, folder=tmp_path)


@pytest.mark.parametrize("name", ["0002_twice.sql", "one.sql", "0001-dash.sql", "0000_none.sql"])
def test_a_number_twice_or_a_wrong_name_is_refused(tmp_path: Path, name: str) -> None:
    _write(tmp_path, "0002_first.sql", "SELECT 1;\n")
    _write(tmp_path, name, "SELECT 1;\n")
    with pytest.raises(Refused, match=name):
        migrations(tmp_path)


def test_a_number_may_be_left_out_and_come_later(
    clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    _write(tmp_path, "0002_x.sql", "SELECT 1;\n")
    assert migrate(clickhouse_settings, folder=tmp_path) == ["0002_x"]
    _write(tmp_path, "0001_y.sql", "SELECT 1;\n")
    assert migrate(clickhouse_settings, folder=tmp_path) == ["0001_y"]


def test_a_database_name_that_is_none_is_refused() -> None:
    settings = ClickHouseSettings(
        host="127.0.0.1", port=1, user="u", password="p", database="x; DROP DATABASE y"
    )
    with pytest.raises(Refused, match="database name"):
        migrate(settings)


def test_a_server_that_is_away_is_unavailable() -> None:
    settings = ClickHouseSettings(host="127.0.0.1", port=free_port(), user="u", password="p")
    with pytest.raises(Unavailable, match="ClickHouse 127"):
        migrate(settings)


def test_a_wrong_password_is_refused(clickhouse_settings: ClickHouseSettings) -> None:
    settings = ClickHouseSettings(
        host=clickhouse_settings.host,
        port=clickhouse_settings.port,
        user=clickhouse_settings.user,
        password="wrong",
    )
    with pytest.raises(Refused, match="Authentication"):
        migrate(settings)
