"""The thread that owns the Kafka client."""

from typing import Any

import uvloop
from faust.transport.drivers import aiokafka as driver

FETCH_WAIT_MS = 500
"""How long the broker may hold back a fetch that found nothing."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread on a faster loop, and with settings that Faust does not pass on."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, thread_loop=uvloop.new_event_loop(), **options)
        # The base class closes the loop at the end only if it has made it.
        self._close_thread_loop_on_stop = True

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Both are read when the client builds its fetcher, in start(): the driver fixes the wait at
        # 1500 ms, and reads what aborted transactions wrote unless Faust itself is transactional.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer

    def wake_fetch(self) -> None:
        """Let a pending fetch look again at the set of partitions it was given.

        aiokafka looks at the set only when data arrives (`consumer/fetcher.py`,
        `fetched_records`); a partition that got room meanwhile would wait for the poll's end.
        """
        fetcher = self._consumer._fetcher if self._consumer is not None else None
        if fetcher is not None:
            self.thread_loop.call_soon_threadsafe(_notify_waiters, fetcher)


def _notify_waiters(fetcher: Any) -> None:
    for waiter in list(fetcher._fetch_waiters):
        fetcher._notify(waiter)
