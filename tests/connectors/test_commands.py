"""Commands reach the home of their root in order, and are waited for at the ledger."""

from decimal import Decimal

import pytest

from connectors.errors import Unavailable
from connectors.kafka.codec import decode_charging
from connectors.kafka.commands import COMMANDS_AT_ONCE, CommandSender, partitions_of
from connectors.kafka.topic_reader import TopicReader
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.balance_command import TopUp
from streams.model.command import ActivateCatalog, Command, Tick
from streams.model.ledger import WHOLE
from streams.partition import partition_of
from tests.topologies.small_ledger import TENANT, SmallLedger


def top_up(number: int, root: str) -> TopUp:
    return TopUp(f"top-up/{number}", TENANT, root, root, Decimal(number + 1), "USD", 0, "")


def test_a_command_goes_to_the_home_of_its_root_or_to_all_partitions() -> None:
    assert partitions_of(top_up(1, "root-7"), 8) == (partition_of(TENANT, "root-7", 8),)
    assert list(partitions_of(Tick("t", 1), 3)) == [0, 1, 2]
    assert list(partitions_of(ActivateCatalog("a", TENANT, "v", 0), 2)) == [0, 1]


def test_commands_of_a_partition_keep_their_order(kafka_settings: KafkaSettings) -> None:
    commands: list[Command] = [
        top_up(number, f"root-{number % 5}") for number in range(2 * COMMANDS_AT_ONCE + 7)
    ]
    with CommandSender(kafka_settings) as sender:
        offsets = sender.send(commands)
    found: dict[int, list[Command]] = {}
    with TopicReader(kafka_settings, Topic.CHARGING) as reader:
        for message in reader.to_end():
            taken = decode_charging(message.value())
            assert isinstance(taken, tuple)
            found.setdefault(message.partition(), []).extend(taken)
            assert message.offset() <= offsets[message.partition()]
    assert set(found) == set(offsets)
    for partition, taken_there in found.items():
        assert taken_there == [
            command
            for command in commands
            if list(partitions_of(command, kafka_settings.partitions)) == [partition]
        ]


def test_waiting_ends_when_the_owner_has_applied_them(kafka_settings: KafkaSettings) -> None:
    ledger = SmallLedger(kafka_settings)
    with CommandSender(kafka_settings) as sender:
        offsets = sender.send([top_up(1, "root-1")])
        ((partition, offset),) = offsets.items()
        ledger.append(partition, written=(offset, 0))
        with pytest.raises(Unavailable, match="do the charging workers run"):
            sender.wait(offsets, timeout_s=1)
        # A void record says nothing.
        ledger.append_after(partition, 77, written=(offset, WHOLE))
        with pytest.raises(Unavailable):
            sender.wait(offsets, timeout_s=1)
        ledger.append(partition, written=(offset, WHOLE))
        sender.wait(offsets, timeout_s=20)
