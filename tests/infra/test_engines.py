"""The embedded engines keep what they were given over stops and kills."""

from pathlib import Path

import clickhouse_connect
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from connectors.errors import Refused, Unavailable
from connectors.kafka.topics import TOPICS, Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.clickhouse.engine import ServerOptions, settings_of, start_clickhouse
from infra.errors import CannotStart
from infra.kafka.broker import Broker, BrokerOptions, start_broker
from infra.kafka.jars import default_cache, ensure_jars
from infra.kafka.topics import ensure_topics, name_of
from infra.ports import free_port
from tests.infra.waiting import until
from topologies.settings import Settings


def start_kafka(folder: Path) -> Broker:
    return start_broker(
        BrokerOptions(
            directory=folder,
            jars=ensure_jars(default_cache(), repository=Settings().maven_repository),
            port=free_port(),
            controller_port=free_port(),
            log=folder / "kafka.log",
        )
    )


def read_one(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "t", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    message = consumer.poll(20)
    consumer.close()
    return message.value() if message else None


def test_kafka_keeps_records_and_topics_over_a_kill(tmp_path: Path) -> None:
    broker = start_kafka(tmp_path)
    made = ensure_topics(KafkaSettings(bootstrap=broker.bootstrap), flush=True)
    assert sorted(made) == sorted(TOPICS)
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce(Topic.CHARGING, b"kept", partition=3)
    assert producer.flush(10) == 0
    broker.child.kill()
    broker = start_kafka(tmp_path)
    assert ensure_topics(KafkaSettings(bootstrap=broker.bootstrap)) == []
    assert read_one(broker.bootstrap, Topic.CHARGING) == b"kept"
    broker.stop()
    assert broker.child.exit_code() in (0, 143)


def connect(settings: ClickHouseSettings) -> "clickhouse_connect.driver.Client":
    return clickhouse_connect.get_client(
        host=settings.host,
        port=settings.port,
        username=settings.user,
        password=settings.password,
        database=settings.database,
    )


def test_clickhouse_keeps_rows_over_a_stop_and_a_kill(tmp_path: Path) -> None:
    def start() -> ClickHouseSettings:
        options = ServerOptions(directory=tmp_path, port=free_port(), log=tmp_path / "log")
        servers.append(start_clickhouse(options))
        return servers[-1].settings

    servers = []
    client = connect(start())
    client.command("CREATE TABLE kept (a Int64) ENGINE = MergeTree ORDER BY a")
    client.insert("kept", [[1]], column_names=["a"])
    client.close()
    servers[-1].stop()
    assert servers[-1].child.exit_code() == 0
    client = connect(start())
    client.insert("kept", [[2]], column_names=["a"])
    servers[-1].child.kill()
    assert connect(start()).query("SELECT sum(a) FROM kept").result_rows == [(3,)]
    servers[-1].child.kill()


def test_the_password_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = settings_of(tmp_path / "c", 1)
    assert settings_of(tmp_path / "c", 2).password == first.password
    assert (tmp_path / "c" / "password").stat().st_mode & 0o077 == 0
    assert first.password not in repr(first)


def test_clickhouse_lets_nobody_in_without_the_password(clickhouse: ClickHouseSettings) -> None:
    stranger = ClickHouseSettings(
        host=clickhouse.host, port=clickhouse.port, user=clickhouse.user, password="wrong"
    )
    with pytest.raises(Exception, match="Authentication failed"):
        connect(stranger)


def test_two_servers_never_share_a_folder(tmp_path: Path) -> None:
    options = ServerOptions(directory=tmp_path, port=free_port(), log=tmp_path / "log")
    server = start_clickhouse(options)
    second = ServerOptions(directory=tmp_path, port=free_port(), log=tmp_path / "log2")
    with pytest.raises(CannotStart, match="A ClickHouse holds"):
        start_clickhouse(second)
    server.child.kill()


def test_topics_with_another_number_of_partitions_are_refused(
    kafka_settings: KafkaSettings,
) -> None:
    more = KafkaSettings(
        bootstrap=kafka_settings.bootstrap, prefix=kafka_settings.prefix, partitions=16
    )
    with pytest.raises(Refused, match=r"has 4 partitions.*VIVACE_PARTITIONS to 4"):
        ensure_topics(more)


@pytest.mark.parametrize("flush", [True, False])
def test_money_topics_flush_each_record_unless_told_otherwise(
    kafka_settings: KafkaSettings, flush: bool
) -> None:
    ensure_topics(kafka_settings, flush=not flush)
    ensure_topics(kafka_settings, flush=flush)
    client = AdminClient({"bootstrap.servers": kafka_settings.bootstrap})
    ledger = ConfigResource(ResourceType.TOPIC, name_of(Topic.LEDGER, kafka_settings))

    def flushes() -> bool:
        (future,) = client.describe_configs([ledger]).values()
        return future.result()["flush.messages"].value == "1"

    until(lambda: flushes() is flush)


def test_an_absent_broker_is_named() -> None:
    nowhere = KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match=nowhere.bootstrap):
        ensure_topics(nowhere, within_s=0.5)
