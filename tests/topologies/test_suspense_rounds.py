"""Suspense end to end: accounts arrive while their events do, and workers die meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.kafka.avro import decode
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from tests.topologies.engine import Engine, charged_events
from tests.topologies.requests import make_known, running_engine, send_events
from tests.topologies.small_ledger import committed

SETTLED_WITHIN_S = 60.0


@pytest.fixture
def engine(kafka_settings: KafkaSettings, tmp_path: Path) -> Iterator[Engine]:
    with running_engine(kafka_settings, tmp_path) as running:
        yield running


def waiting(settings: KafkaSettings) -> dict[bytes, str]:
    """The newest state of every entry that is still suspended, with its code."""
    newest = {message.key(): message.value() for message in committed(settings, Topic.SUSPENSE)}
    entries = {key: decode(Topic.SUSPENSE, value) for key, value in newest.items() if value}
    return {key: entry.code for key, entry in entries.items() if entry.state == "suspended"}


def play(settings: KafkaSettings, engine: Engine, *, rounds: int, events: int) -> None:
    """Each round: half of the events, the account, a kill, the other half."""
    for number in range(rounds):
        service = f"late-{number}"
        send_events(settings, service, range(events // 2))
        if number % 2:
            engine.kill("keeper", "mediation")
        make_known(settings, service)
        if not number % 2:
            engine.kill("mediation", "keeper")
        send_events(settings, service, range(events // 2, events))
        engine.start("mediation", "keeper")
        time.sleep(0.7 * (number % 4))
    expected = {f"late-{n}/{e}": 1 for n in range(rounds) for e in range(events)}
    until = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < until:
        if charged_events(settings).total() >= len(expected) and not waiting(settings):
            break
        time.sleep(0.5)
    assert all(engine.alive().values()), engine.logs()
    assert waiting(settings) == {}, engine.logs()
    charged = charged_events(settings)
    assert charged == expected, (set(expected) - set(charged), charged - expected)


def test_none_waits_and_none_is_charged_twice_after_rounds_of_kills(
    kafka_settings: KafkaSettings, engine: Engine
) -> None:
    play(kafka_settings, engine, rounds=4, events=200)


@pytest.mark.soak
def test_twenty_rounds_of_ten_thousand_events(
    kafka_settings: KafkaSettings, engine: Engine
) -> None:
    play(kafka_settings, engine, rounds=20, events=500)
