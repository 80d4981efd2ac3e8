"""The reference of tables says what every column means, and nothing of columns there are not."""

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings
from infra.reference import tables
from infra.reference.columns import MEANINGS


def test_every_column_is_explained() -> None:
    assert tables.columns() == set(MEANINGS)


def test_the_reference_names_the_columns_that_the_database_has(
    clickhouse_settings: ClickHouseSettings,
) -> None:
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        stored = database.query(
            "SELECT DISTINCT name FROM system.columns WHERE database = currentDatabase()"
            " AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase()"
            " AND engine = 'ReplacingMergeTree' AND name != 'migrations')"
        )
    assert {name for (name,) in stored} == tables.columns()
