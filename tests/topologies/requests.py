"""Requests of the example catalog's callers, and what makes a caller known."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.kafka.client import new_producer
from connectors.kafka.commands import CommandSender
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.command import AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER
from tests.topologies.engine import Engine, activate_example

TENANT = "ai-api"


@contextmanager
def running_engine(settings: KafkaSettings, folder: Path) -> Iterator[Engine]:
    """Mediation, charging and keeper on the example catalog."""
    activate_example(settings, TENANT)
    engine = Engine(settings, folder)
    engine.start("mediation", "charging", "keeper")
    yield engine
    engine.stop()


def send_events(
    settings: KafkaSettings, service: str, numbers: range, *, topic: str = Topic.USAGE
) -> None:
    """Requests of a service, with ids `<service>/<number>`."""
    producer = new_producer(settings)
    for number in numbers:
        event = {
            "specversion": "1.0",
            "id": f"{service}/{number}",
            "source": "/gateway/1",
            "type": "api.request",
            "subject": service,
            "time": "2026-11-22T03:00:00Z",
            "data": {"endpoint": "/v1/chat", "units": 1},
        }
        producer.produce(f"{settings.prefix}{topic}", json.dumps(event))
    producer.flush(30)


def make_known(settings: KafkaSettings, service: str) -> None:
    """An account of its own for the service."""
    account = f"owner-of-{service}"
    with CommandSender(settings) as sender:
        sender.send(
            [
                AssignService(
                    f"assign/{service}",
                    TENANT,
                    service,
                    account,
                    account,
                    service,
                    "developer",
                    BEGINNING,
                    FOREVER,
                ),
                PutAccount(
                    f"put/{service}", TENANT, account, account, "postpaid", "USD", "UTC", None
                ),
            ]
        )
