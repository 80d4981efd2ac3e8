"""The engines that a test run shares."""

import clickhouse_connect
import pytest
from confluent_kafka.admin import AdminClient

from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.kafka.topics import name_of


@pytest.mark.parametrize("turn", [1, 2, 3, 4])
def test_each_test_has_its_own_empty_topics_and_database(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, turn: int
) -> None:
    client = AdminClient({"bootstrap.servers": kafka_settings.bootstrap})
    topics = client.list_topics(timeout=10).topics
    assert len(topics[name_of(Topic.CHARGING, kafka_settings)].partitions) == 4
    database = clickhouse_connect.get_client(
        host=clickhouse_settings.host,
        port=clickhouse_settings.port,
        username=clickhouse_settings.user,
        password=clickhouse_settings.password,
        database=clickhouse_settings.database,
    )
    database.command(f"CREATE TABLE turn_{turn} (a UInt8) ENGINE = Memory")
    assert database.query("SHOW TABLES").result_rows == [(f"turn_{turn}",)]
