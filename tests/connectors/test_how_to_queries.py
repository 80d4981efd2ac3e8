"""The queries that the guide shows are answered by the tables as they are."""

import re
from pathlib import Path

import pytest

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings

GUIDE = Path(__file__).parents[2] / "docs/how-to/query-levels.md"
QUERIES = re.findall(r'^ask "(.+?)"$', GUIDE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings):
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def test_every_query_of_the_guide_is_answered(database: Database) -> None:
    assert len(QUERIES) > 10
    for query in QUERIES:
        database.query(query)
