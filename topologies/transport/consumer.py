"""Faust's consumer, delivering one event for all records of one fetch of one partition.

Faust pays four asyncio tasks for each message and commits by offsets, one by one; both go away when
the unit is a batch. The base class keeps membership, assignment and the commit timer.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from topologies.transport.batch import Batch, BatchMessage
from topologies.transport.deliveries import Deliveries
from topologies.transport.stop import stop_failed
from topologies.transport.thread import AT_REST, IN_FLOW, BatchConsumerThread

BATCHES_OUT_MAX = 3
"""Unacknowledged batches of a partition before its fetching pauses (back-pressure)."""

POLL_S = 0.25
"""How long one fetch waits, and how soon a stop is noticed."""

DRAIN_S = 3.0
"""How long a rebalance or a stop waits for the batches that agents have in hand."""

_log = logging.getLogger(__name__)


class BatchConsumer(driver.Consumer):  # type: ignore[misc]
    """One event a fetch; commits follow acknowledged batches; a full partition is not fetched.

    `position_of` may name, by partition, the offset to go on at after a rebalance, whatever the
    group has committed; None means the committed one. `on_trimmed` hears of offsets that the log
    had lost before they were read: (partition, first missing, first present).
    """

    position_of: Callable[[TP], int | None]
    on_trimmed: Callable[[TP, int, int], None]

    def __init__(self, *args: Any, **options: Any) -> None:
        self.position_of = lambda _partition: None
        self.on_trimmed = lambda _partition, _first, _found: None
        self._deliveries: Deliveries[TP] = Deliveries(BATCHES_OUT_MAX)
        self._with_room: set[TP] = set()
        self._wake = asyncio.Event()
        self._gap_seen_at: dict[TP, int] = {}
        super().__init__(*args, **options)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # Acknowledging

    def ack(self, message: Any) -> bool:
        """What Faust calls for an event that nobody will work on: let it go, unacknowledged.

        A stream acknowledges events that it skips because a rebalance or a stop has begun
        (`streams.py`, `__aiter__`); committed, they would be lost. Only `acknowledge` counts here.
        """
        self.drop(message)
        return False

    def acknowledge(self, message: BatchMessage) -> None:
        """The whole batch is done: its end may be committed once all before it are done."""
        self._untrack(message)
        if self._deliveries.acknowledge(message.tp, message):
            self._with_room.add(message.tp)
            self._wake.set()
            self._thread.wake_fetch()

    def drop(self, message: BatchMessage) -> None:
        """Nobody will acknowledge this batch; a rebalance need not wait for it."""
        self._untrack(message)

    def _untrack(self, message: BatchMessage) -> None:
        self._unacked_messages.discard(message)
        waiting = self._waiting_for_ack
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def wait_empty(self) -> None:
        """Wait for the batches in the hands of agents, but not for ever, then commit.

        The base class waits without end (`transport/consumer.py`, `wait_empty`), which keeps the
        whole group from rebalancing when one batch waits for something that never comes.
        """
        deadline = self.loop.time() + DRAIN_S
        while self._unacked_messages and self.loop.time() < deadline and not self.should_stop:
            await self._wait_for_ack(timeout=1)
        await self.commit_and_end_transactions()

    # Committing

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> list[TP]:
        return [
            partition
            for partition in self._deliveries.committable()
            if topics is None or partition in topics or partition.topic in topics
        ]

    def _new_offset(self, tp: TP) -> int | None:
        return self._deliveries.committable().get(tp)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done; nothing once the app has crashed.

        A crash stops the client's thread first, and the base class would wait for its answer.
        """
        if self.app.crash_reason is not None:
            return False
        return bool(await super().commit(topics, start_new_transaction))

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        """Commit, and believe it only when the broker did.

        The base class notes the offsets as committed although the commit failed
        (`transport/consumer.py`, end of `_commit_offsets`), and never tries them again.
        """
        before = dict(self._committed_offset)
        done = bool(await super()._commit_offsets(offsets, start_new_transaction))
        for partition, offset in offsets.items():
            if done:
                self._deliveries.committed(partition, offset)
            elif partition in before:
                self._committed_offset[partition] = before[partition]
            else:
                self._committed_offset.pop(partition, None)
        return done

    def acknowledged_to(self, partition: TP) -> int | None:
        """The next offset after what is done, committed yet or not; None where nothing is known."""
        done = self._deliveries.committable().get(partition)
        return self._committed_offset[partition] if done is None else done

    # Rebalancing

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is done, let the base class drain, then forget the partitions.

        The base class forgets what was acknowledged before its last commit.
        """
        try:
            await asyncio.wait_for(self.commit(), DRAIN_S)
        except TimeoutError:
            _log.warning("no commit within %.0f s before a rebalance", DRAIN_S)
        await super().on_partitions_revoked(revoked)
        for partition in revoked:
            self._forget(partition)

    def _forget(self, partition: TP) -> None:
        for message in self._deliveries.forget(partition):
            self.drop(message)
        self._gap_seen_at.pop(partition, None)

    def stop_flow(self) -> None:
        """Deliver nothing from here on; a waiting fetch loop is woken."""
        super().stop_flow()
        self._wake.set()

    async def perform_seek(self) -> None:
        """Go to the committed offsets, or to where `position_of` says."""
        await super().perform_seek()
        for assigned in self.assignment():
            partition = TP(assigned.topic, assigned.partition)
            position = self.position_of(partition)
            if position is not None and position != self._read_offset[partition]:
                await self._seek(partition, position)
                self._read_offset[partition] = position

    async def reset_partition(self, partition: TP, position: int) -> None:
        """Forget what was delivered of the partition and fetch again from `position`."""
        self._forget(partition)
        await self._seek(partition, position)
        self._read_offset[partition] = position
        self._with_room.add(partition)
        self._wake.set()
        self._thread.wake_fetch()

    # Fetching

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await self._fetch_once()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except Exception as error:
            await stop_failed(self.app, error)
            raise

    async def _fetch_once(self) -> None:
        if not self.flow_active:
            await _wait(self.can_resume_flow, POLL_S)
            return
        # aiokafka reads the very set while it waits, so that a partition that gets room joins in.
        # It must never be empty: that would mean all partitions.
        room = self._with_room = {
            partition
            for partition in self._get_active_partitions()
            if self._deliveries.has_room(partition)
        }
        if not room:
            self._wake.clear()
            await _wait(self._wake, POLL_S)
            return
        generation = self.app.consumer_generation_id
        # The base class sets this flag and never clears it, so that nobody could wait for a fetch.
        self.not_waiting_next_records.clear()
        try:
            fetched = await self._getmany(room, POLL_S)
        finally:
            self.not_waiting_next_records.set()
        self._thread.have_patience(IN_FLOW if any(fetched.values()) else AT_REST)
        for partition, records in fetched.items():
            if records:
                await self._deliver(TP(*partition), records, generation)

    async def _deliver(self, partition: TP, records: Sequence[Any], generation: int) -> None:
        if not self._is_current(generation):
            await self._give_back(partition, records)
            return
        fresh = await self._without_gap(partition, records)
        if not fresh:
            return
        batch = Batch(
            topic=partition.topic,
            partition=partition.partition,
            records=fresh,
            generation=generation,
        )
        message = _message_of(batch, partition)
        self._deliveries.add(partition, message)
        self._read_offset[partition] = batch.last_offset + 1
        await self.callback(message)

    async def _give_back(self, partition: TP, records: Sequence[Any]) -> None:
        """Fetch these again: they came in a fetch that began before a rebalance.

        Such a fetch waits inside aiokafka until the new assignment is there, and can return what
        was read after the new positions were set; those records would come no more.
        """
        if partition in self.assignment():
            expected = self._read_offset[partition]
            await self._seek(partition, records[0].offset if expected is None else expected)

    def _is_current(self, generation: int) -> bool:
        return bool(self.flow_active and generation == self.app.consumer_generation_id)

    async def _without_gap(self, partition: TP, records: Sequence[Any]) -> Sequence[Any]:
        """The records from the expected offset on; none, after a seek back, where some lack.

        A fetch under way during a seek can return records too far ahead. The second time at the
        same place it is the log that has no such offsets: compacted, a marker, or trimmed.
        """
        expected = self._read_offset[partition]
        if expected is None:
            return records
        if records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
        if not records or records[0].offset == expected:
            return records
        if self._gap_seen_at.get(partition) == expected:
            await self._tell_trimmed(partition, expected)
            return records
        self._gap_seen_at[partition] = expected
        await self._seek(partition, expected)
        return ()

    async def _tell_trimmed(self, partition: TP, expected: int) -> None:
        """Retention took offsets before they were read; markers and compaction are no loss."""
        first = (await self.earliest_offsets(partition)).get(partition, 0)
        if first > expected:
            self.on_trimmed(partition, expected, first)


def _message_of(batch: Batch, partition: TP) -> BatchMessage:
    return BatchMessage(
        topic=batch.topic,
        partition=batch.partition,
        offset=batch.last_offset,
        timestamp=time.time(),
        timestamp_type=0,
        headers=(),
        key=None,
        value=batch,
        checksum=None,
        tp=partition,
        generation_id=batch.generation,
    )


async def _wait(event: Any, timeout_s: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), timeout_s)
