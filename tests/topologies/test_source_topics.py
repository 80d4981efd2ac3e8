"""A source topic that a catalog names later is read from its beginning, without a restart."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic
from msgspec.structs import replace

from connectors.catalog.load import read_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.client import new_admin, new_producer
from connectors.kafka.commands import CommandSender
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER
from tests.topologies.engine import CATALOGS, Engine, activate_example, charged_events
from tests.topologies.small_ledger import committed
from tests.topologies.toys import wait_for

TENANT = "ai-api"
SERVICE = "key-1"
WITHIN_S = 120.0


@pytest.fixture
def engine(kafka_settings: KafkaSettings, tmp_path: Path) -> Iterator[Engine]:
    activate_example(kafka_settings, TENANT)
    engine = Engine(kafka_settings, tmp_path)
    engine.start("mediation", "charging", "keeper")
    yield engine
    engine.stop()


@pytest.fixture
def meters(kafka_settings: KafkaSettings) -> Iterator[str]:
    """A topic of two partitions that no catalog names yet."""
    name = f"{kafka_settings.prefix}meters"
    admin = new_admin(kafka_settings)
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(15)
    yield name
    admin.delete_topics([name])[name].result(15)


def send_events(settings: KafkaSettings, topic: str, numbers: range) -> None:
    producer = new_producer(settings)
    for number in numbers:
        event = {
            "specversion": "1.0",
            "id": f"{topic}/{number}",
            "source": "/gateway/1",
            "type": "api.request",
            "subject": SERVICE,
            "time": "2026-11-22T03:00:00Z",
            "data": {"endpoint": "/v1/chat", "units": 1},
        }
        producer.produce(topic, json.dumps(event))
    producer.flush(30)


def activate_with_meters(settings: KafkaSettings) -> None:
    """The example's next version: its requests come by topic `meters` as well."""
    catalog = read_catalog(CATALOGS / TENANT)
    assert isinstance(catalog, Catalog), catalog
    requests = next(each for each in catalog.source_platforms if each.id == "api-requests")
    metered = replace(requests, id="metered-requests", topic="meters")
    wider = replace(catalog, source_platforms=(*catalog.source_platforms, metered))
    version = publish(settings, wider)
    activate(settings, tenant=TENANT, version=version, start=BEGINNING)


def make_known(settings: KafkaSettings) -> None:
    with CommandSender(settings) as sender:
        sender.send(
            [
                PutAccount("put", TENANT, "a", "a", "postpaid", "USD", "UTC", None),
                AssignService(
                    "assign", TENANT, SERVICE, "a", "a", "s", "developer", BEGINNING, FOREVER
                ),
            ]
        )


def test_a_topic_named_later_is_read_without_a_restart(
    kafka_settings: KafkaSettings, engine: Engine, meters: str
) -> None:
    """What lay there before counts too, and what the worker reads already goes on meanwhile."""
    usage = f"{kafka_settings.prefix}{Topic.USAGE}"
    make_known(kafka_settings)
    send_events(kafka_settings, meters, range(300))
    send_events(kafka_settings, usage, range(300))
    wait_for(lambda: charged_events(kafka_settings).total() >= 300, "usage charged", WITHIN_S)
    assert not any(event.startswith(meters) for event in charged_events(kafka_settings))
    activate_with_meters(kafka_settings)
    for first in range(300, 900, 100):
        send_events(kafka_settings, usage, range(first, first + 100))
        send_events(kafka_settings, meters, range(first, first + 100))
    sent = {f"{topic}/{number}": 1 for topic in (usage, meters) for number in range(900)}
    wait_for(
        lambda: charged_events(kafka_settings).total() >= len(sent), "both topics charged", WITHIN_S
    )
    assert charged_events(kafka_settings) == sent
    assert not committed(kafka_settings, Topic.ERRORS)
    assert all(engine.alive().values()), engine.logs()
