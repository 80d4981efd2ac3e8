"""One leader of a name at a time: who has the only partition of topic `owners` in a group.

The others are standbys; one of them takes over when the leader leaves (at once) or dies (when its
session has expired). It is a choice of who works, no lock: what a late leader still writes is
fenced by its transactions, and commands carry ids made from their cause.
"""

from collections.abc import Callable
from typing import Any, Final, Self

from connectors.errors import Unavailable
from connectors.kafka.client import (
    error_of,
    mapped_errors,
    new_consumer,
    session_timeout_min_ms,
)
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings

SESSION_MS: Final = 3_000
"""A leader that died is replaced after so long, where the broker allows sessions so short."""


class Leadership:
    """The claim of one process. `wait` until it leads; `held` says whether it still does."""

    def __init__(self, settings: KafkaSettings, name: str) -> None:
        self._name = name
        session_ms = max(SESSION_MS, session_timeout_min_ms(settings) or 6_000)
        self._held = False
        self._consumer: Any = new_consumer(
            settings,
            {
                "group.id": f"{settings.prefix}{name}-leader",
                "session.timeout.ms": session_ms,
                "heartbeat.interval.ms": session_ms // 6,
                # A standby that joins must not make the leader let go.
                "partition.assignment.strategy": "cooperative-sticky",
                "auto.offset.reset": "latest",
            },
        )
        self._consumer.subscribe(
            [f"{settings.prefix}{Topic.OWNERS}"], on_assign=self._gain, on_revoke=self._lose
        )

    def _gain(self, consumer: Any, partitions: list[Any]) -> None:
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)
        self._held = self._held or bool(partitions)

    def _lose(self, consumer: Any, partitions: list[Any]) -> None:
        consumer.incremental_unassign(partitions)
        self._held = self._held and not partitions

    def wait(self, stopping: Callable[[], bool]) -> bool:
        """Return True once this process leads, False when `stopping` says so before."""
        while not self._held and not stopping():
            self._serve(0.2)
        return self._held

    def check(self) -> None:
        """Raises Unavailable where the leadership has been lost: stop, and claim it anew."""
        self._serve(0)
        if not self._held:
            raise Unavailable(f"{self._name}: another process leads now")

    def _serve(self, timeout_s: float) -> None:
        with mapped_errors(f"{self._name}: leadership"):
            message = self._consumer.poll(timeout_s)
        if message is not None and message.error() is not None and message.error().fatal():
            raise error_of(message.error(), f"{self._name}: leadership")

    def close(self) -> None:
        """Let another lead."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
