"""A small world for the mediation runner: services, events as Python values, one call to run."""

import json
from collections.abc import Sequence
from typing import Any

from streams.model.account import Service, ServiceAssignment
from streams.model.instant import BEGINNING, DAY, FOREVER
from streams.model.refused import RefusedRecord
from streams.model.usage import UsageRecord
from streams.sources import MediationPlans
from tests.platforms import NOW, TOPIC_ID, example_plans
from topologies.reject_limit import RejectLimit
from topologies.runner import MediationOutput, MediationRunner, SourceMessage

Headers = tuple[tuple[str, bytes], ...]

CHAT = {"prompt_tokens": 30, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 10}}


class KnownServices:
    """A directory of a few services; `position` counts what it was told."""

    def __init__(self, *services: Service) -> None:
        self._services = {(each.tenant, each.service_id): each for each in services}
        self.position = 40
        self.lookups = 0

    def lookup(self, keys: Sequence[tuple[str, str]]) -> list[Service | None]:
        self.lookups += 1
        return [self._services.get(key) for key in keys]


def service(tenant: str, service_id: str, *spans: tuple[str, int, int]) -> Service:
    return Service(
        tenant,
        service_id,
        tuple(
            ServiceAssignment(root, root, f"{root}/1", "basic", start, end)
            for root, start, end in spans or (("acme", BEGINNING, FOREVER),)
        ),
    )


DIRECTORY = KnownServices(
    service("ai", "key-1"),
    service("ai", "key-2", ("globex", BEGINNING, FOREVER)),
    service("ai", "later", ("acme", NOW + DAY, FOREVER)),
    service("ai", "ended", ("acme", BEGINNING, NOW - DAY)),
    service("ai", "claimed", ("acme", BEGINNING, FOREVER), ("globex", BEGINNING, FOREVER)),
    service("voice", "41791234567", ("line", BEGINNING, FOREVER)),
)


def runner(plans: MediationPlans | None = None, **limits: int) -> MediationRunner:
    return MediationRunner(
        plans=plans or example_plans(),
        directory=DIRECTORY,
        partitions=8,
        limit=RejectLimit(**limits),
        engine="test",
    )


def event(**changes: Any) -> dict[str, Any]:
    data = {"provider": "openai", "model": "gpt-4o-2024-08-06", "status": 200, "usage": CHAT}
    plain = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/gateway/1",
        "type": "llm.completion",
        "subject": "key-1",
        "time": "2026-11-22T09:30:00Z",
        "data": data | changes.pop("data", {}),
    }
    return {name: value for name, value in (plain | changes).items() if value is not ...}


def usage(**body: Any) -> dict[str, Any]:
    return event(data={"usage": body})


def call(**changes: Any) -> dict[str, Any]:
    plain = {
        "record_type": "voice",
        "call_id": "c-1",
        "caller": "079 123 45 67",
        "called": "0049 30 1234567",
        "started_at": "2026-11-22T09:30:00+01:00",
        "duration_s": 73,
    }
    return {name: value for name, value in (plain | changes).items() if value is not ...}


def run(*values: bytes | Any, headers: Headers = (), on: MediationRunner | None = None) -> Any:
    texts = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    messages = [SourceMessage(n, NOW, None, text, headers) for n, text in enumerate(texts)]
    return (on or runner()).run(messages, topic="usage", topic_id=TOPIC_ID, partition=3)


def records(output: MediationOutput) -> list[UsageRecord]:
    return [r for batches in output.batches.values() for batch in batches for r in batch.records]


def only_refused(output: MediationOutput) -> RefusedRecord:
    assert not output.batches
    (refused,) = output.refused
    return refused
