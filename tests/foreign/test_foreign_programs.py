"""Foreign programs send usage and read what comes of it; their counts equal the audit's."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from connectors import clock
from infra.bench.preload import known_facts
from infra.bench.world import example_catalogs
from infra.engines import jar_cache
from infra.kafka.jars import ensure_jars
from infra.load.messages import messages
from infra.load.plan import LoadPlan, Workload
from infra.load.population import TENANTS, population
from infra.load.sending import send_customers
from infra.runfile import read_state
from streams.model.instant import HOUR
from tests.foreign.readers import avro_consumer_reads, curl_reads
from tests.foreign.senders import confluent_sends, console_producer_sends, kafkajs_sends
from topologies.settings import Settings

ACCOUNTS = 30
EVENTS = 400
LEVELS = ("raw", "usage", "rated", "charges_by_hour", "charges_by_day", "balances", "alerts")


class Machine:
    """`vivace` on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        ports = ("VIVACE_KAFKA_PORT", "VIVACE_CLICKHOUSE_PORT", "VIVACE_API_PORT")
        self._environment = {**os.environ, **dict.fromkeys(ports, "0"), "VIVACE_DATA": str(data)}

    def vivace(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "infra.cli", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data)

    @property
    def registry(self) -> str:
        state = read_state(self.data)
        assert state is not None
        return state.addresses["api"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    found = Machine(tmp_path_factory.mktemp("foreign") / "data")
    try:
        found.vivace("up", "--detach", "--fast")
        for catalog in example_catalogs():
            folder = Path(__file__).parents[2] / "catalog" / catalog.tenant
            found.vivace("catalog", "activate", str(folder))
        kafka = found.settings.kafka
        send_customers(kafka, population(ACCOUNTS), at=clock.now())
        until(lambda: known_facts(kafka) >= TENANTS * (2 * ACCOUNTS + 1), within_s=120)
        yield found
    finally:
        found.vivace("down")


def until(condition: Any, *, within_s: float) -> None:
    deadline = monotonic() + within_s
    while not condition():
        assert monotonic() < deadline, "this never came true"
        sleep(0.2)


def texts(seed: int, workload: Workload) -> list[str]:
    """Good events of one line each."""
    plan = LoadPlan(
        events=EVENTS,
        start=clock.now() - HOUR,
        span=HOUR // 2,
        workload=workload,
        seed=seed,
        accounts=ACCOUNTS,
    )
    plain = (m.value.decode() for m in messages(plan) if not m.headers)
    return list(islice((text for text in plain if "\n" not in text), EVENTS))


@pytest.mark.timeout(500)
def test_strangers_send_and_read_and_all_counts_agree(machine: Machine) -> None:
    kafka, clickhouse = machine.settings.kafka, machine.settings.clickhouse
    jars = ensure_jars(jar_cache(machine.settings), repository=machine.settings.maven_repository)
    usage = f"{kafka.prefix}usage"
    sent = {
        "confluent-kafka": confluent_sends(kafka.bootstrap, usage, texts(11, Workload.LLM)),
        "console producer": console_producer_sends(
            jars, kafka.bootstrap, usage, texts(12, Workload.VOICE)
        ),
        "kafkajs": kafkajs_sends(kafka.bootstrap, usage, texts(13, Workload.LLM)),
    }
    total = sum(sent.values())
    assert min(sent.values()) == EVENTS, sent

    def count(query: str) -> int:
        return int(curl_reads(clickhouse, query))

    of_usage = "SELECT count() FROM rated FINAL WHERE usage_type != 'top_up'"
    until(lambda: count(of_usage) >= total, within_s=120)
    audit = json.loads(machine.vivace("audit", "--json"))
    assert audit["ok"], audit
    assert audit["records"]["in"] == audit["records"]["charged"] == str(total), audit["records"]

    # Opening top-ups are movements of balances, beside the charges of what was sent.
    moved = int(audit["records"]["made"])
    levels = {level: count(f"SELECT count() FROM {level} FINAL") for level in _tables()}
    levels["usage"] = count("SELECT count() FROM usage")
    assert set(levels) == set(LEVELS)
    assert levels["raw"] == total, levels
    assert levels["usage"] == levels["rated"] == total + moved, levels
    assert count("SELECT sum(records) FROM charges_by_hour FINAL") == total + moved
    assert count("SELECT sum(records) FROM charges_by_day FINAL") == total + moved

    read: dict[str, list[dict[str, Any]]] = {}

    def dispatched() -> bool:
        for topic in ("rated", "alerts"):
            name = f"{kafka.prefix}{topic}"
            read[topic] = avro_consumer_reads(kafka.bootstrap, machine.registry, name)
        return len(read["rated"]) >= total + moved and len(read["alerts"]) >= levels["alerts"]

    until(dispatched, within_s=120)
    assert len(read["rated"]) == total + moved
    assert len(read["alerts"]) == levels["alerts"]
    assert levels["alerts"] > 0


def _tables() -> list[str]:
    return [level for level in LEVELS if level != "usage"]
