"""What the database's errors mean: wait, or stop with a message."""

import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import (
    DatabaseError,
    OperationalError,
    ProgrammingError,
)

from connectors.clickhouse import client
from connectors.clickhouse.client import Database, error_of, insert_until_stored
from connectors.clickhouse.migrate import migrate
from connectors.errors import Refused, Unavailable
from connectors.settings import ClickHouseSettings


@pytest.mark.parametrize("code", [159, 202, 209, 210, 241, 252, None])
def test_what_passes_by_itself_is_waited_for(code: int | None) -> None:
    assert isinstance(error_of(OperationalError("x", code=code), "insert"), Unavailable)


@pytest.mark.parametrize("code", [16, 53, 60, 62, 516])
def test_what_the_server_will_always_refuse_stops(code: int) -> None:
    assert isinstance(error_of(DatabaseError("x", code=code), "insert"), Refused)


def test_what_the_client_refuses_stops() -> None:
    assert isinstance(error_of(ProgrammingError("no such column"), "insert"), Refused)


def test_a_full_disk_is_said_and_waited_for() -> None:
    error = error_of(DatabaseError("NOT_ENOUGH_SPACE", code=243), "insert of 3 rows into rated")
    assert isinstance(error, Unavailable)
    assert "insert of 3 rows into rated: the database's disk is full" in str(error)


def test_rows_of_a_wrong_shape_are_refused_by_name(
    clickhouse_settings: ClickHouseSettings,
) -> None:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        rows = pa.table({"no_such_column": [1]})
        with pytest.raises(Refused, match="1 rows into rated"):
            insert_until_stored(database, [("rated", rows)])
        with pytest.raises(Refused, match="nothing_there"):
            database.query("SELECT * FROM nothing_there")


def test_what_is_too_much_for_one_insert_goes_in_portions(
    clickhouse_settings: ClickHouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PORTION_ROWS", 10)
    with Database(clickhouse_settings) as database:
        database.command("CREATE TABLE numbers (n UInt32) ENGINE = MergeTree ORDER BY n")
        database.command("SYSTEM STOP MERGES numbers")
        assert insert_until_stored(database, [("numbers", pa.table({"n": list(range(25))}))])
        assert database.query("SELECT count(), sum(n) FROM numbers") == [(25, 300)]
        portions = "SELECT rows FROM system.parts WHERE table = 'numbers' ORDER BY rows"
        assert database.query(portions) == [(5,), (10,), (10,)]


def test_parameters_are_never_read_as_sql(clickhouse_settings: ClickHouseSettings) -> None:
    odd = "x' OR 1 = 1 -- {y:String} \\ %s"
    with Database(clickhouse_settings) as database:
        assert database.query("SELECT {odd:String}", {"odd": odd}) == [(odd,)]
