"""What would leave a worker idle or wrong is found at its start, with a message that names it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from connectors.errors import Refused, Unavailable
from connectors.kafka.client import await_broker, new_admin
from connectors.settings import KafkaSettings
from infra.ports import free_port
from tests.topologies.toys import ROOT, ToyWorker, wait_for
from topologies.app import check_exact_partitions, check_session, check_topics
from topologies.settings import Settings
from topologies.stage import WorkerOptions
from topologies.worker import run


def test_a_broker_that_is_away_is_told_and_waited_for(tmp_path: Path) -> None:
    """The worker says where it looks for a broker, waits, and ends with 0 on SIGTERM."""
    port = free_port()
    worker = ToyWorker(KafkaSettings(bootstrap=f"127.0.0.1:{port}"), tmp_path)
    try:
        wait_for(lambda: f"no broker at 127.0.0.1:{port}" in worker.output(), "the message")
        assert worker.process.poll() is None
        assert worker.end() == 0
    finally:
        worker.kill()


def test_patience_with_a_broker_can_end() -> None:
    with pytest.raises(Unavailable, match="no broker at 127"):
        await_broker(KafkaSettings(bootstrap="127.0.0.1:1"), patience_s=0)


def test_missing_and_small_topics_are_named_together(kafka_settings: KafkaSettings) -> None:
    prefix = kafka_settings.prefix
    wanted = {f"{prefix}usage": 5, f"{prefix}nothing": 1, f"{prefix}release": 1}
    with pytest.raises(Refused) as refused:
        check_topics(kafka_settings, wanted)
    assert str(refused.value) == (
        f"topic {prefix}nothing does not exist; topic {prefix}usage has 4 partitions, 5 are needed"
    )


def test_accounts_are_never_routed_over_another_number_of_partitions(
    kafka_settings: KafkaSettings,
) -> None:
    """More partitions than the settings say are as wrong as fewer."""
    topic = f"{kafka_settings.prefix}charging"
    check_exact_partitions(kafka_settings, [topic])
    with pytest.raises(Refused, match="has 4 partitions, but accounts are routed over 8"):
        check_exact_partitions(replace(kafka_settings, partitions=8), [topic])


def test_a_worker_does_not_start_on_too_few_partitions(
    kafka: KafkaSettings, kafka_prefix: str, tmp_path: Path
) -> None:
    """Exit code not 0 and the reason, instead of accounts in the wrong partition."""
    admin = new_admin(kafka)
    names = ("usage", "release", "catalog", "accounts", "owners", "charging", "ledger")
    made = admin.create_topics([NewTopic(f"{kafka_prefix}{name}", 1, 1) for name in names])
    for future in made.values():
        future.result(15)
    code = (
        "from topologies.settings import Settings; from topologies.charging import run;"
        f"run(Settings(data={str(tmp_path)!r}, kafka_bootstrap={kafka.bootstrap!r},"
        f" kafka_prefix={kafka_prefix!r}, partitions=4))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert f"{kafka_prefix}charging has 1 partitions" in done.stderr.decode()
    admin.delete_topics([f"{kafka_prefix}{name}" for name in names])


def test_a_session_below_the_brokers_minimum_is_refused(kafka: KafkaSettings) -> None:
    """The client would only log it, and the worker would idle for ever."""
    check_session(kafka, WorkerOptions())
    with pytest.raises(Refused, match=r"0.01 s is below the broker's minimum"):
        check_session(kafka, WorkerOptions(session_timeout_s=0.01))


def test_unknown_agents_are_refused() -> None:
    with pytest.raises(Refused, match="no such agent: rating"):
        run(Settings(), ["charging", "rating"])
