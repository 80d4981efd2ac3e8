"""Ticks: one a slot into every partition, and none by a clock that is ahead of the broker's."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors import clock
from connectors.kafka.codec import decode_charging
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.command import Tick
from streams.model.instant import DAY, MINUTE
from tests.infra.waiting import until
from tests.topologies.small_ledger import committed
from topologies.keeper.ticks import AHEAD_MAX, Ticker

EVERY_S = 60


@pytest.fixture
def ticker(kafka_settings: KafkaSettings) -> Iterator[Ticker]:
    with closing(Ticker(kafka_settings, every_s=EVERY_S)) as ticker:
        yield ticker


def ticks(ticker: Ticker, settings: KafkaSettings) -> dict[int, list[int]]:
    """By partition the times of its ticks."""
    ticker.close()
    found: dict[int, list[int]] = {}
    for message in committed(settings, Topic.CHARGING):
        for command in decode_charging(message.value()):
            assert isinstance(command, Tick)
            found.setdefault(message.partition(), []).append(command.at)
    return found


def test_each_slot_ticks_once_in_every_partition(
    ticker: Ticker, kafka_settings: KafkaSettings
) -> None:
    slot = clock.now() // MINUTE * MINUTE
    until(lambda: ticker.turn(slot), within_s=30)
    assert not ticker.turn(slot + 1)
    assert not ticker.turn(slot - MINUTE)
    until(lambda: ticker.turn(slot + MINUTE), within_s=30)
    found = ticks(ticker, kafka_settings)
    assert sorted(found) == list(range(kafka_settings.partitions))
    assert all(times == [slot, slot + MINUTE] for times in found.values())


def test_a_clock_ahead_of_the_brokers_does_not_tick_until_it_is_right(
    ticker: Ticker, kafka_settings: KafkaSettings
) -> None:
    """Had it, every period up to there would be closed; and the right time would be old news."""
    slot = clock.now() // MINUTE * MINUTE
    until(lambda: ticker.turn(slot - MINUTE), within_s=30)
    assert not ticker.turn(slot + AHEAD_MAX + 2 * MINUTE)
    assert not ticker.turn(slot + 400 * DAY)
    until(lambda: ticker.turn(slot), within_s=30)
    assert set(map(tuple, ticks(ticker, kafka_settings).values())) == {(slot - MINUTE, slot)}


def test_a_clock_that_the_broker_does_not_confirm_does_not_tick() -> None:
    nowhere = KafkaSettings(bootstrap="127.0.0.1:1", partitions=1)
    ticker = Ticker(nowhere, every_s=EVERY_S)
    assert not ticker.turn(clock.now())
