"""From the ledger to the state: what a restart, a late owner and a standby all do.

Every valid record carries its complete delta, so that taking it in is putting keys: no price is
computed again. Reading a record twice changes nothing.
"""

from collections.abc import Iterable, Sequence

from connectors.errors import Corrupted
from connectors.kafka.codec import decode_ledger_delta
from connectors.kafka.ledger import Chain
from topologies.overlay import Delta, Ranges
from topologies.ports import LedgerLog
from topologies.position import Position, digest_of
from topologies.state import Store

WRITE_BYTES = 16 * 1024 * 1024
"""Ledger bytes taken in by one write of the store."""


class Replay:
    """Takes the records of one ledger partition into a store, in order, void ones left out."""

    def __init__(self, store: Store) -> None:
        self.voids = 0
        """Void records seen."""
        self.generation = -1
        """The highest group generation that any record named."""
        self.has_landed = False
        """Whether the record that is looked for has been seen, valid."""
        self._wanted: bytes | None = None
        self._store = store
        self._follow_store()

    def _follow_store(self) -> None:
        position = self._store.position
        self.chain = Chain(position.offset, position.owner)
        self.following = position.offset + 1
        """The next offset to be read."""

    def restart(self) -> None:
        """The store has been wiped or restored: begin at its position."""
        self._follow_store()

    def look_for(self, value: bytes) -> None:
        """Note from now on whether this record, which may have been appended, is a valid one."""
        self._wanted, self.has_landed = value, False

    def take(self, records: Sequence[tuple[int, bytes]]) -> None:
        """The next records of the log. Raises Corrupted at a hole."""
        steps: list[tuple[Delta, Ranges]] = []
        position, size = self._store.position, 0
        for offset, value in records:
            if offset != self.following:
                raise Corrupted(f"ledger: a hole at {self.following}, the next is {offset}")
            record = decode_ledger_delta(value)
            self.following = offset + 1
            self.generation = max(self.generation, record.generation)
            if not self.chain.accept(offset, record):
                self.voids += 1
                continue
            steps.append((record.delta, record.dropped))
            self.has_landed = self.has_landed or value == self._wanted
            position = Position(record.written, offset, record.owner, value=value)
            size += len(value)
            if size > WRITE_BYTES:
                self._store.replay(steps, position)
                steps, size = [], 0
        if steps:
            self._store.replay(steps, position)


def replay(store: Store, log: Iterable[Sequence[tuple[int, bytes]]]) -> Replay:
    """Bring a store to the end of a log that is at hand, from the store's own position on."""
    replayed = Replay(store)
    for records in log:
        replayed.take(records)
    return replayed


async def spoiled_because(store: Store, log: LedgerLog, bounds: tuple[int, int]) -> str | None:
    """Why the local state does not belong to this ledger, None where it does.

    It belongs where the record at its position has the digest it kept: a state from another
    ledger, or one that is ahead of a log that lost its tail, does not.
    """
    first, end = bounds
    position = store.position
    if position.offset < 0:
        return None
    if position.offset >= end:
        return f"it is at {position.offset}, ahead of the ledger's end {end}"
    if position.offset < first:
        return f"it is at {position.offset}, below the ledger's beginning {first}"
    async for records in log.read(position.offset, position.offset):
        for _, value in records:
            if digest_of(value) == position.digest:
                return None
    return f"the ledger record at {position.offset} is another one"
