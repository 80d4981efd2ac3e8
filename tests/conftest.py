"""Fixtures for tests on the real engines: `kafka_settings` and `clickhouse_settings`.

Each test has topics of its own prefix and a database of its own, on engines the run shares.
"""

import gc
import os
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from confluent_kafka.admin import AdminClient
from hypothesis import settings

from connectors.kafka.topics import TOPICS
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.kafka.topics import ensure_topics, name_of
from tests.engines import clickhouse_of, shared_engines, stop_engines

PARTITIONS = 4

# How long an example takes is the machine's business, not a test's. The same code is given the
# same examples each time; `make soak` looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None)
settings.load_profile(os.environ.get("VIVACE_EXAMPLES", "same"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the whole run."""
    parser.addoption(
        "--cases", metavar="DIR", help="Folder of worked cases; default ../shared/cases"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is collected stays for the whole run: two million objects that no look for garbage is
    to go through again, neither while they are made nor in a test that measures."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session")
def engines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run's engines, the same in all workers."""
    base = tmp_path_factory.getbasetemp()
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return (base.parent if is_worker else base) / "engines"


@pytest.fixture(scope="session")
def engines(engines_folder: Path) -> dict[str, Any]:
    """Where the broker and the database of this run are."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return shared_engines(engines_folder, owner_pid=os.getppid() if is_worker else os.getpid())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the engines with the run; a killed run's engines end by themselves."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    base = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    stop_engines(base / "engines")


@pytest.fixture(scope="session")
def kafka(engines: dict[str, Any]) -> KafkaSettings:
    """The run's broker, without topics of its own."""
    return KafkaSettings(bootstrap=engines["bootstrap"], partitions=PARTITIONS)


@pytest.fixture(scope="session")
def clickhouse(engines: dict[str, Any]) -> ClickHouseSettings:
    """The run's ClickHouse server, with the database all tests share."""
    return clickhouse_of(engines)


@pytest.fixture
def kafka_prefix() -> str:
    """A topic prefix that no other test has."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture(scope="session")
def admin(kafka: KafkaSettings) -> AdminClient:
    """Deletes what tests leave, without keeping the next one waiting."""
    return AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})


@pytest.fixture
def kafka_settings(
    kafka: KafkaSettings, kafka_prefix: str, admin: AdminClient
) -> Iterator[KafkaSettings]:
    """All topics, new and empty, 4 partitions; deleted after the test."""
    settings = KafkaSettings(
        bootstrap=kafka.bootstrap, prefix=kafka_prefix, partitions=kafka.partitions
    )
    ensure_topics(settings)
    yield settings
    admin.delete_topics([name_of(topic, settings) for topic in TOPICS])


@pytest.fixture
def clickhouse_settings(clickhouse: ClickHouseSettings) -> Iterator[ClickHouseSettings]:
    """An empty database of its own; dropped after the test."""
    database = f"t{uuid.uuid4().hex[:10]}"
    client = clickhouse_connect.get_client(
        host=clickhouse.host,
        port=clickhouse.port,
        username=clickhouse.user,
        password=clickhouse.password,
    )
    client.command(f"CREATE DATABASE {database} ENGINE = Atomic")
    yield ClickHouseSettings(
        host=clickhouse.host,
        port=clickhouse.port,
        user=clickhouse.user,
        password=clickhouse.password,
        database=database,
    )
    client.command(f"DROP DATABASE {database}")
    client.close()
