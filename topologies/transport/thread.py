"""The thread that owns the Kafka client."""

from typing import Any, Final, NamedTuple

import uvloop
from faust.transport.drivers import aiokafka as driver


class Patience(NamedTuple):
    """How long the broker may hold back a fetch that has found less than so many bytes."""

    wait_ms: int
    bytes_min: int


AT_REST: Final = Patience(500, 1)
"""Whatever comes first comes at once."""

IN_FLOW: Final = Patience(40, 256 * 1024)
"""What is fetched together shares messages and ledger records from there on; without the wait a
worker with little to do spends all of its core on very small batches, and is slower for it."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread on a faster loop, and with settings that Faust does not pass on."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, thread_loop=uvloop.new_event_loop(), **options)
        # The base class closes the loop at the end only if it has made it.
        self._close_thread_loop_on_stop = True

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # All are read when the client builds its fetcher, in start(): the driver fixes the wait at
        # 1500 ms, and reads what aborted transactions wrote unless Faust itself is transactional.
        consumer._fetch_max_wait_ms, consumer._fetch_min_bytes = AT_REST
        consumer._isolation_level = "read_committed"
        return consumer

    def wake_fetch(self) -> None:
        """Let a pending fetch look again at the set of partitions it was given.

        aiokafka looks at the set only when data arrives (`consumer/fetcher.py`,
        `fetched_records`); a partition that got room meanwhile would wait for the poll's end.
        """
        fetcher = self._fetcher()
        if fetcher is not None:
            self.thread_loop.call_soon_threadsafe(_notify_waiters, fetcher)

    def have_patience(self, patience: Patience) -> None:
        """By this the next fetches wait; the one that is under way waits as it was told."""
        fetcher = self._fetcher()
        if fetcher is not None:
            fetcher._fetch_max_wait_ms, fetcher._fetch_min_bytes = patience

    def _fetcher(self) -> Any:
        return self._consumer._fetcher if self._consumer is not None else None


def _notify_waiters(fetcher: Any) -> None:
    for waiter in list(fetcher._fetch_waiters):
        fetcher._notify(waiter)
