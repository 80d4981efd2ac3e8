"""A source topic that a catalog names later is read from its beginning, without a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic
from msgspec.structs import replace

from connectors.catalog.load import read_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import new_admin
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog
from streams.model.instant import BEGINNING
from tests.topologies.engine import CATALOGS, Engine, charged_events
from tests.topologies.requests import TENANT, make_known, running_engine, send_events
from tests.topologies.small_ledger import committed
from tests.topologies.toys import wait_for

WITHIN_S = 120.0


@pytest.fixture
def engine(kafka_settings: KafkaSettings, tmp_path: Path) -> Iterator[Engine]:
    with running_engine(kafka_settings, tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _meters(kafka_settings: KafkaSettings) -> Iterator[None]:
    """A topic of two partitions that no catalog names yet."""
    name = f"{kafka_settings.prefix}meters"
    admin = new_admin(kafka_settings)
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(15)
    yield
    admin.delete_topics([name])[name].result(15)


def activate_with_meters(settings: KafkaSettings) -> None:
    """The example's next version: its requests come by topic `meters` as well."""
    catalog = read_catalog(CATALOGS / TENANT)
    assert isinstance(catalog, Catalog), catalog
    requests = next(each for each in catalog.source_platforms if each.id == "api-requests")
    metered = replace(requests, id="metered-requests", topic="meters")
    wider = replace(catalog, source_platforms=(*catalog.source_platforms, metered))
    version = publish(settings, wider)
    activate(settings, tenant=TENANT, version=version, start=BEGINNING)


def test_a_topic_named_later_is_read_without_a_restart(
    kafka_settings: KafkaSettings, engine: Engine
) -> None:
    """What lay there before counts too, and what the worker reads already goes on meanwhile."""
    for service in ("ours", "metered"):
        make_known(kafka_settings, service)
    send_events(kafka_settings, "metered", range(300), topic="meters")
    send_events(kafka_settings, "ours", range(300))
    ours = {f"ours/{number}": 1 for number in range(300)}
    wait_for(lambda: charged_events(kafka_settings).total() >= 300, "usage charged", WITHIN_S)
    assert charged_events(kafka_settings) == ours, "nothing of a topic that no catalog names"
    activate_with_meters(kafka_settings)
    for first in range(300, 900, 100):
        send_events(kafka_settings, "ours", range(first, first + 100))
        send_events(kafka_settings, "metered", range(first, first + 100), topic="meters")
    sent = {f"{service}/{number}": 1 for service in ("ours", "metered") for number in range(900)}
    wait_for(
        lambda: charged_events(kafka_settings).total() >= len(sent), "both topics charged", WITHIN_S
    )
    assert charged_events(kafka_settings) == sent
    assert not committed(kafka_settings, Topic.ERRORS)
    assert all(engine.alive().values()), engine.logs()
