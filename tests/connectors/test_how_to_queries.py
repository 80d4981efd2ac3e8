"""The queries that the guides show are answered by the tables as they are."""

import re
from pathlib import Path

import pytest

from connectors.clickhouse.client import Database
from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings

GUIDES = sorted((Path(__file__).parents[2] / "docs/how-to").glob("*.md"))
QUERIES = [
    query
    for guide in GUIDES
    for query in re.findall(r'^ask "(.+?)"$', guide.read_text(), re.DOTALL | re.MULTILINE)
]


@pytest.fixture
def database(clickhouse_settings: ClickHouseSettings):
    migrate(clickhouse_settings)
    with Database(clickhouse_settings) as database:
        yield database


def test_every_query_of_the_guides_is_answered(database: Database) -> None:
    assert len(QUERIES) > 10
    for query in QUERIES:
        database.query(query)
