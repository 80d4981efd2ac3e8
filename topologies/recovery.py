"""From the ledger to the state: what a restart, a late owner and a standby all do.

Every valid record carries its complete delta, so that taking it in is putting keys: no price is
computed again. Reading a record twice changes nothing.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from connectors.errors import Corrupted
from connectors.kafka.codec import decode_ledger_delta
from connectors.kafka.ledger import Chain
from topologies.overlay import Delta, Ranges
from topologies.ports import LedgerLog
from topologies.state import Position, Store

WRITE_BYTES = 16 * 1024 * 1024
"""Ledger bytes taken in by one write of the store."""


def digest(value: bytes) -> bytes:
    """What a state keeps of its last ledger record, to know it again."""
    return blake2b(value, digest_size=16).digest()


class Replay:
    """Takes the records of one ledger partition into a store, in order, void ones left out."""

    def __init__(self, store: Store) -> None:
        self.voids = 0
        """Void records seen."""
        self.generation = -1
        """The highest group generation that any record named."""
        self.landed: dict[bytes, int] = {}
        """Digest → offset of the valid records of the latest `take`s since `forget_landed`."""
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

    def forget_landed(self) -> None:
        """Begin to note anew which records landed."""
        self.landed.clear()

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
            name = digest(value)
            self.landed[name] = offset
            position = Position(record.written, offset, record.owner, name)
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
        replayed.forget_landed()
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
            if digest(value) == position.digest:
                return None
    return f"the ledger record at {position.offset} is another one"
