"""Ticks: time as data, carried into every partition by a command."""

from typing import Any, Final

import structlog
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Producer

from connectors.kafka.client import new_producer
from connectors.kafka.codec import encode_commands
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.command import Tick
from streams.model.instant import MINUTE, SECOND, Instant

AHEAD_MAX: Final[Instant] = 5 * MINUTE
"""A clock that is further ahead of the broker's is wrong, and its ticks would close periods."""

_CLOCK_KEY: Final = b"clock"
_log: Any = structlog.get_logger()


class Ticker:
    """Sends a tick to every partition of `charging`, one each time slot.

    A tick's id is made from its slot, so that several keepers, or one that starts again, tick once.
    """

    def __init__(self, settings: KafkaSettings, *, every_s: int) -> None:
        self._settings = settings
        self._every: Instant = every_s * SECOND
        self._slot = -1
        self._refused = -1
        self._ahead: Instant | None = None
        self._producer: Producer = new_producer(settings)

    def turn(self, now: Instant) -> bool:
        """Tick where a new slot has begun; False where it has not, or the clock may be wrong.

        A slot of a wrong clock is not counted as begun: once the clock is right, ticks go on.
        """
        slot = now // self._every
        self._producer.poll(0)
        if slot <= self._slot or slot == self._refused:
            return False
        self._compare_clocks(now)
        if self._ahead is None:
            return False
        if self._ahead > AHEAD_MAX:
            self._refused = slot
            _log.error("clock ahead of the broker's: no tick", ahead_s=self._ahead // SECOND)
            return False
        self._slot = slot
        value = encode_commands((Tick(f"tick/{slot * self._every}", slot * self._every),))
        for partition in range(self._settings.partitions):
            self._producer.produce(
                f"{self._settings.prefix}{Topic.CHARGING}", value=value, partition=partition
            )
        self._producer.poll(0)
        return True

    def _compare_clocks(self, now: Instant) -> None:
        """Topic `owners` is stamped by the broker: a tombstone of nobody tells its time.

        A broker that does not answer leaves it unknown; a topic with other stamps tells nothing.
        """
        self._ahead = None

        def note(error: Any, written: Any) -> None:
            if error is None:
                kind, stamped_ms = written.timestamp()
                by_broker = kind == TIMESTAMP_LOG_APPEND_TIME
                self._ahead = now - stamped_ms * 1000 if by_broker else 0

        self._producer.produce(
            f"{self._settings.prefix}{Topic.OWNERS}",
            key=_CLOCK_KEY,
            value=None,
            partition=0,
            on_delivery=note,
        )
        self._producer.flush(1.0)

    def close(self) -> None:
        """Wait for what was sent, briefly."""
        self._producer.flush(5.0)
