"""An owner whose ledger stands on a real broker: two of them, one partition, one truth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from faust.exceptions import NotReady

from connectors.errors import Refused
from connectors.kafka.ledger import LedgerFollower, LedgerReader
from connectors.settings import KafkaSettings
from streams.state import Table
from tests.topologies.owner_parts import OwnerWorld, offered, usage, usage_message
from topologies.disk import RocksDisk
from topologies.ledger_log import KafkaLedgerLog
from topologies.state import Store

TOTAL = Table.COUNTERS, b"phone"


class FaustLikeProducer:
    """aiokafka's producer behind Faust's way of calling it; not ready at first, as at a start."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._is_ready = False

    async def send(
        self, topic: str, key: Any, value: bytes, partition: int, timestamp: Any, headers: Any
    ) -> Any:
        if not self._is_ready:
            self._is_ready = True
            raise NotReady("not yet started")
        return await self._producer.send(topic, value, key=key, partition=partition)


@asynccontextmanager
async def ledger_of(settings: KafkaSettings) -> AsyncIterator[KafkaLedgerLog]:
    """Partition 1 of the ledger, with a producer and a reader of its own."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap, acks="all", enable_idempotence=True
    )
    await producer.start()
    reader = LedgerReader(settings)
    try:
        yield KafkaLedgerLog(
            1, producer=FaustLikeProducer(producer), reader=reader, settings=settings
        )
    finally:
        reader.close()
        await producer.stop()


def test_a_second_owner_takes_over_and_the_first_gives_way(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with ledger_of(kafka_settings) as ledger, ledger_of(kafka_settings) as other:
            old_store = Store(RocksDisk(tmp_path / "old"))
            old = OwnerWorld(old_store, ledger)
            await old.start()
            for number in range(30):
                await old.take(offered(number, usage_message(usage(number))))
            new_store = Store(RocksDisk(tmp_path / "new"))
            new = OwnerWorld(new_store, other)
            new.owner.generation = 2
            await new.start()
            assert new_store.get(*TOTAL) == 30
            await new.take(offered(30, usage_message(usage(30)), generation=2))
            await old.take(offered(30, usage_message(usage(30))))
            assert old.source.dropped == [30]
            assert old.owner.figures.lost == 1
            assert old_store.get(*TOTAL) == 31
            await old.stop()
            await new.stop()

    asyncio.run(scenario())
    with LedgerFollower(kafka_settings, {1: -1}) as follower:
        ends, records = follower.end_positions(), []
        while follower.next_offsets() != ends:
            records += follower.poll(timeout_s=5)
    assert follower.voids >= 1
    written = [each.record.written[0] for each in records if each.record.kind == "step"]
    assert written == list(range(31))


def test_a_record_beyond_the_largest_message_is_refused_not_retried(
    kafka_settings: KafkaSettings,
) -> None:
    async def scenario() -> None:
        async with ledger_of(kafka_settings) as ledger:
            with pytest.raises(Refused, match="bytes"):
                await ledger.append(b"x" * 2_000_000)

    asyncio.run(scenario())
