"""The keeper killed at every point of its work: facts, releases and closings are right."""

import signal
import subprocess
import sys

from connectors.kafka.avro import decode, encode
from connectors.kafka.client import new_producer
from connectors.kafka.codec import suspense_key
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from tests.topologies.doomed import POINTS
from tests.topologies.small_ledger import (
    SmallLedger,
    account,
    committed,
    rated,
    released_ids,
    service,
    suspended_by_mediation,
    usage_record,
    verdict,
)
from topologies.keeper.keeper import NAME

KEEPER_POINTS = [point.replace("dispatcher_after_produce", "keeper_after_send") for point in POINTS]


def suspend(settings: KafkaSettings, number: int) -> None:
    producer = new_producer(settings, {"partitioner": "murmur2_random"})
    entry = suspended_by_mediation(usage_record(number, service=f"late-{number}"))
    key = suspense_key(entry.record_id, entry.position)
    producer.produce(
        f"{settings.prefix}{Topic.SUSPENSE}", key=key, value=encode(Topic.SUSPENSE, entry)
    )
    producer.flush(10)


def test_a_keeper_killed_at_any_point_is_as_if_it_had_not_been(
    kafka_settings: KafkaSettings,
) -> None:
    ledger = SmallLedger(kafka_settings)
    where = (kafka_settings.bootstrap, kafka_settings.prefix, str(kafka_settings.partitions))

    def live_and_die(point: str, at_pass: int) -> int:
        command = [sys.executable, "-m", "tests.topologies.doomed", *where, NAME, point]
        return subprocess.run([*command, str(at_pass)], check=False, timeout=90).returncode

    # A round: one waits and its service comes; one of the round before is charged; one is
    # suspended by its owner for ever.
    for number, point in enumerate(KEEPER_POINTS):
        suspend(kafka_settings, number)
        ledger.append(number % 4, facts=(service(f"late-{number}"), account(f"acc-{number}")))
        if number:
            before = usage_record(number - 1, service=f"late-{number - 1}")
            ledger.append((number - 1) % 4, rated=(rated(before),))
        kept = usage_record(100 + number)
        ledger.append(number % 4, verdicts=(verdict(kept, "suspended", lacks="account:acme:no"),))
        assert live_and_die(point, 2 if number == 0 else 1) == -signal.SIGKILL, point
    assert live_and_die("none", 0) == 0
    rounds = len(KEEPER_POINTS)
    facts = {message.key() for message in committed(kafka_settings, Topic.ACCOUNTS)}
    assert facts == {
        key
        for number in range(rounds)
        for key in (
            f"service\0acme\0late-{number}".encode(),
            f"account\0acme\0acc-{number}".encode(),
        )
    }
    states = {
        message.key()[:16]: decode(Topic.SUSPENSE, message.value()).state
        for message in committed(kafka_settings, Topic.SUSPENSE)
        if message.value() is not None
    }
    for number in range(rounds):
        late, kept = usage_record(number, service=f"late-{number}"), usage_record(100 + number)
        last = number == rounds - 1
        assert states[late.record_id] == ("suspended" if last else "charged")
        assert states[kept.record_id] == "suspended"
    assert len(states) == 2 * rounds
    last_one = usage_record(rounds - 1, service=f"late-{rounds - 1}")
    assert last_one.record_id in released_ids(kafka_settings)
