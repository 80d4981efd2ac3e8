"""The dispatcher against a real broker: each message once, whatever dies when."""

import signal
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from connectors.errors import Refused, Unavailable
from connectors.kafka.avro import AvroCodec, decode
from connectors.kafka.topics import Topic
from connectors.kafka.transactions import PositionedWriter
from connectors.settings import KafkaSettings
from connectors.steps import Step
from tests.connectors.test_api import Door, DoorSettings
from tests.topologies.doomed import POINTS
from tests.topologies.small_ledger import (
    SmallLedger,
    alert,
    committed,
    position_of,
    rated,
    uncommitted_count,
    usage_record,
    verdict,
)
from tests.topologies.toys import is_behind
from topologies.dispatcher import NAME, Dispatcher


@pytest.fixture
def ledger(kafka_settings: KafkaSettings) -> SmallLedger:
    return SmallLedger(kafka_settings)


def fill(ledger: SmallLedger, partitions: int, first: int, *, steps: int = 5) -> int:
    """Steps in every partition, numbered from `first`, each with an alert and two charges."""
    for number in range(first, first + steps * partitions):
        records = [usage_record(2 * number + place) for place in range(2)]
        ledger.append(
            number % partitions, alerts=(alert(number),), rated=tuple(map(rated, records))
        )
    return steps * partitions


def settle(dispatcher: Dispatcher) -> None:
    """Step until all of the ledger is dispatched."""
    while dispatcher.step(timeout_s=0.1) or is_behind(dispatcher._follower):
        pass


def test_each_outcome_goes_to_its_topic(kafka_settings: KafkaSettings, ledger: SmallLedger) -> None:
    records = [usage_record(number) for number in range(5)]
    words = ("error", "ignored", "duplicate", "suspended")
    ledger.append(
        2,
        rated=(rated(records[4]),),
        alerts=(alert(1),),
        verdicts=tuple(map(verdict, records, words)),
    )
    ledger.append_after(2, 55, alerts=(alert(2),))
    with Dispatcher(kafka_settings, AvroCodec()) as dispatcher:
        settle(dispatcher)
    read = {
        topic: [decode(topic, m.value()) for m in committed(kafka_settings, topic)]
        for topic in (Topic.ALERTS, Topic.RATED, Topic.ERRORS, Topic.OUTCOMES)
    }
    assert read[Topic.ALERTS] == [alert(1)]
    assert read[Topic.RATED] == [rated(records[4])]
    (error,), (ignored,) = read[Topic.ERRORS], read[Topic.OUTCOMES]
    assert (error.state, error.position) == ("error", position_of(records[0]))
    assert (ignored.state, ignored.ledger_partition, ignored.ledger_offset) == ("ignored", 2, 0)
    assert committed(kafka_settings, Topic.SUSPENSE) == []
    (message,) = committed(kafka_settings, Topic.RATED)
    assert (message.key(), message.headers()) == (b"acme/acc-1", [("ledger", b"2/0")])


def test_read_committed_sees_each_message_once_over_a_kill_at_every_point(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    where = (kafka_settings.bootstrap, kafka_settings.prefix, str(kafka_settings.partitions))

    def live_and_die(point: str, at_pass: int) -> int:
        command = [sys.executable, "-m", "tests.topologies.doomed", *where, NAME, point]
        return subprocess.run([*command, str(at_pass)], check=False, timeout=60).returncode

    steps = 0
    for at_pass, point in enumerate(POINTS):
        steps += fill(ledger, kafka_settings.partitions, steps)
        # The first pass of a new name is the one that stores its first positions.
        assert live_and_die(point, 2 if at_pass == 0 else 1) == -signal.SIGKILL, point
    assert live_and_die("none", 0) == 0
    alerts = Counter(
        decode(Topic.ALERTS, message.value()).alert_id
        for message in committed(kafka_settings, Topic.ALERTS)
    )
    charges = Counter(
        decode(Topic.RATED, message.value()).record.event_id
        for message in committed(kafka_settings, Topic.RATED)
    )
    assert alerts == {f"alert-{number}": 1 for number in range(steps)}
    assert charges == {f"event-{number}": 1 for number in range(2 * steps)}
    # Something was written and taken back: the kills hit open transactions.
    assert uncommitted_count(kafka_settings, Topic.RATED) > 2 * steps + len(POINTS)


def test_a_new_dispatcher_fences_the_one_before(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    old = Dispatcher(kafka_settings, AvroCodec())
    ledger.append(0, alerts=(alert(0),))
    with Dispatcher(kafka_settings, AvroCodec()) as new:
        with pytest.raises(Unavailable, match="fenced"):
            settle(old)
        settle(new)
    old.close()
    assert len(committed(kafka_settings, Topic.ALERTS)) == 1


def test_lost_positions_are_told_and_nothing_is_written_again(
    kafka_settings: KafkaSettings, ledger: SmallLedger
) -> None:
    ledger.append(0, alerts=tuple(map(alert, range(50))))
    with Dispatcher(kafka_settings, AvroCodec()) as dispatcher:
        settle(dispatcher)
    with (
        PositionedWriter(
            kafka_settings, name="stranger", after_produce=Step.DISPATCHER_AFTER_PRODUCE
        ) as writer,
        pytest.raises(Refused, match="positions are lost"),
    ):
        writer.take_over((Topic.ERRORS, Topic.ALERTS))


def test_a_foreign_consumer_needs_only_the_two_addresses(
    kafka_settings: KafkaSettings, ledger: SmallLedger, tmp_path: Path
) -> None:
    ledger.append(1, alerts=(alert(7),), rated=(rated(usage_record(1), "0.000000000001"),))
    with Dispatcher(kafka_settings, AvroCodec()) as dispatcher:
        settle(dispatcher)
    door = Door(DoorSettings(kafka_settings, None, tmp_path))  # type: ignore[arg-type]
    try:
        deserialize = AvroDeserializer(SchemaRegistryClient({"url": door.address}))

        def read(topic: Topic) -> Any:
            (message,) = committed(kafka_settings, topic)
            context = SerializationContext(message.topic(), MessageField.VALUE)
            return deserialize(message.value(), context)

        assert read(Topic.ALERTS)["alert_id"] == "alert-7"
        charge = read(Topic.RATED)
    finally:
        door.close()
    assert charge["amount"] == Decimal("0.000000000001")
    assert charge["postings"][1]["ledger_account"] == "revenue"
    assert charge["record_id"] == usage_record(1).record_id.hex()
