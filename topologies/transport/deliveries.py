"""Which batches are in the hands of agents, and up to where each partition may be committed."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from topologies.transport.batch import BatchMessage

P = TypeVar("P", bound=Hashable)


class Deliveries(Generic[P]):
    """Batches by partition in the order of their delivery.

    A partition may be committed up to the end of the unbroken run of acknowledged batches at its
    head. Gaps between offsets (compaction, transaction markers) play no part: what counts is that
    every batch delivered before is done. At most `limit` batches of a partition are out at a time.
    """

    def __init__(self, limit: int) -> None:
        assert limit > 0
        self._limit = limit
        self._out: dict[P, deque[BatchMessage]] = {}
        self._done: set[BatchMessage] = set()
        self._committable: dict[P, int] = {}

    def has_room(self, partition: P) -> bool:
        """True where another batch of the partition may be handed out."""
        return len(self._out.get(partition, ())) < self._limit

    def add(self, partition: P, message: BatchMessage) -> None:
        """The batch is handed out."""
        self._out.setdefault(partition, deque()).append(message)

    def acknowledge(self, partition: P, message: BatchMessage) -> bool:
        """The batch is done; True where a partition that was full has room again.

        A batch that is not out (its partition was lost meanwhile) changes nothing.
        """
        out = self._out.get(partition)
        if not out or message not in out:
            return False
        was_full = len(out) >= self._limit
        self._done.add(message)
        while out and out[0] in self._done:
            head = out.popleft()
            self._done.discard(head)
            self._committable[partition] = head.offset + 1
        return was_full and len(out) < self._limit

    def committable(self) -> dict[P, int]:
        """The next offset of each partition that has something to commit."""
        return dict(self._committable)

    def committed(self, partition: P, offset: int) -> None:
        """The broker has this offset; what was acknowledged since stays committable."""
        if self._committable.get(partition) == offset:
            del self._committable[partition]

    def forget(self, partition: P) -> list[BatchMessage]:
        """The partition is lost or read anew: returns the batches that were out."""
        out = self._out.pop(partition, deque())
        self._done.difference_update(out)
        self._committable.pop(partition, None)
        return list(out)
