"""An engine that cannot run says what is missing and what to do, before it starts anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.clickhouse.engine import ServerOptions, start_clickhouse
from infra.errors import CannotStart
from infra.java import find_java
from infra.kafka.broker import BrokerOptions, start_broker
from infra.ports import free_port

PLENTY = 1 << 60


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port with a program on it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def broker_options(folder: Path, **changes: int) -> BrokerOptions:
    options = {"port": free_port(), "controller_port": free_port(), **changes}
    return BrokerOptions(directory=folder, jars=folder, log=folder / "kafka.log", **options)


def server_options(folder: Path, **changes: int) -> ServerOptions:
    return ServerOptions(
        directory=folder, log=folder / "server.log", **{"port": free_port(), **changes}
    )


def test_kafka_names_a_taken_port(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(CannotStart, match=f"Port {taken_port}.*VIVACE_KAFKA_PORT"):
        start_broker(broker_options(tmp_path, port=taken_port))


def test_clickhouse_names_a_taken_port(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(CannotStart, match=f"Port {taken_port}.*VIVACE_CLICKHOUSE_PORT"):
        start_clickhouse(server_options(tmp_path, port=taken_port))


def test_kafka_says_how_much_memory_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"free memory.*VIVACE_KAFKA_BOOTSTRAP"):
        start_broker(broker_options(tmp_path, memory_bytes_min=PLENTY))


def test_clickhouse_says_how_much_memory_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"free memory.*VIVACE_CLICKHOUSE_HOST"):
        start_clickhouse(server_options(tmp_path, memory_bytes_min=PLENTY))


def test_kafka_says_how_much_disk_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"free disk in .*--data"):
        start_broker(broker_options(tmp_path, disk_bytes_min=PLENTY))


def test_clickhouse_says_how_much_disk_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"free disk in .*--data"):
        start_clickhouse(server_options(tmp_path, disk_bytes_min=PLENTY))


def test_a_wrong_java_home_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(CannotStart, match="Unset JAVA_HOME"):
        find_java()


def test_a_broker_that_dies_shows_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="Could not find or load main class"):
        start_broker(broker_options(tmp_path))
