"""One partition of topic `ledger` as its owner writes and reads it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.exceptions import NotReady, ProducerSendError

from connectors.errors import Refused
from connectors.kafka.ledger import LedgerReader, ledger_topic
from connectors.settings import KafkaSettings
from topologies import metrics
from topologies.ports import AppendUnknown

NOT_STARTED_S: Final = 0.02
"""Between two tries while the producer is not up yet."""


class KafkaLedgerLog:
    """Appends by the worker's producer, reads by clients of their own in threads."""

    def __init__(
        self, partition: int, *, producer: Any, reader: LedgerReader, settings: KafkaSettings
    ) -> None:
        self._partition = partition
        self._producer = producer
        self._reader = reader
        self._topic = ledger_topic(settings)

    async def append(self, value: bytes) -> int:
        """Append and wait for the acknowledgement, however long; the offset.

        The client retries by itself for ever. What it raises all the same leaves the fate of the
        record open: AppendUnknown. A record that is too large was not sent: Refused.
        """
        began = time.perf_counter()
        try:
            metadata = await (await self._send(value))
        except (KafkaError, ProducerSendError) as error:
            if MessageSizeTooLargeError in (type(error), type(error.__cause__)):
                raise Refused(f"{self._topic}: {len(value)} bytes: {error!r}") from error
            raise AppendUnknown(f"{self._topic}[{self._partition}]: {error!r}") from error
        metrics.APPEND_S.observe(time.perf_counter() - began)
        metrics.APPENDS.inc()
        metrics.APPEND_BYTES.inc(len(value))
        return int(metadata.offset)

    async def _send(self, value: bytes) -> Any:
        # A partition can be assigned before Faust has started its producer; nothing is sent then.
        while True:
            try:
                return await self._producer.send(
                    self._topic, None, value, self._partition, None, None
                )
            except NotReady:
                await asyncio.sleep(NOT_STARTED_S)

    async def bounds(self) -> tuple[int, int]:
        """The first offset in the log, and the next to be written."""
        return await asyncio.to_thread(self._reader.bounds, self._partition)

    async def read(self, first: int, last: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        """The records `first..last`, both included, in order and without a hole."""
        records = self._reader.read(self._partition, first, last)
        try:
            while True:
                found = await asyncio.to_thread(next, records, None)
                if found is None:
                    return
                yield found
        finally:
            await asyncio.to_thread(records.close)
