"""The owner's tables: decoded values in a bounded cache over a disk that can always be rebuilt.

On disk a key is its table's byte and the table's key. One write carries the deltas of some steps
and the position they lead to (what was applied last, and the ledger record it came from), so that
state and position can never disagree. `topologies/disk.py` is the disk.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from connectors.errors import ConnectorError
from connectors.kafka.codec import TABLE_DECODERS
from streams.state import PAYING, Table
from topologies.overlay import KEPT_APART, PREFIXES, Delta, Ranges, Values
from topologies.position import BEGINNING, Position
from topologies.value_cache import ABSENT, TABLES, ValueCache

_log = structlog.get_logger()

_BY_NUMBER: dict[int, Any] = {int(table): read for table, read in TABLE_DECODERS.items()}
_DECODERS: Final = tuple(
    _BY_NUMBER.get(number, TABLE_DECODERS[Table.META]) for number in range(TABLES)
)
"""By table; not every number is a table's."""

_AFTER: Final = tuple(bytes((number + 1,)) for number in range(TABLES))
"""By table: the first key after all of its own."""

POSITION_KEY: Final = PREFIXES[Table.META] + b"owner.position"

DECODED_FACTOR: Final = 8
"""Memory of a decoded value for each byte of its packed form (measured: 6 to 9)."""

ENTRY_BYTES: Final = 250
"""Memory of a cache entry beside its value: key, dictionary slot, object heads."""

_SAMPLE: Final = 64
"""How many of a step's values are looked at."""

MIB: Final = 1024 * 1024
_WORKER_VALUES_BYTES: Final = 192 * MIB
_WORKER_UNWRITTEN_KEYS: Final = 65_536
"""What all stores of a process share, some 20 MiB."""


class Disk(Protocol):
    """Ordered bytes that survive the process. A write is atomic, not necessarily durable."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """The values, None where absent."""

    def items(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All keys `start <= key < end`, in order."""

    def write(self, ranges: Ranges, changes: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Delete the ranges, then put or delete the keys, all or nothing."""

    def wipe(self) -> None:
        """Begin again with nothing."""

    def replace(self, copy: Path) -> None:
        """Begin again with the contents of a checkpoint."""

    def checkpoint(self, path: Path) -> None:
        """Make a consistent copy at `path`, which must not exist."""

    def close(self) -> None:
        """Let go of the files."""


@dataclass(frozen=True, kw_only=True)
class StoreOptions:
    """Memory of one partition: decoded values, and keys that wait for the next write.

    A write of many steps puts an account that was charged in each of them once, and pays the
    disk's fixed costs once; a kill makes the next opening read those steps from the ledger.
    """

    values_bytes: int = 24 * MIB
    unwritten_keys: int = 8192

    @classmethod
    def for_one_of(cls, stores: int) -> "StoreOptions":
        """The share of one store, where a process opens so many."""
        return cls(
            values_bytes=_WORKER_VALUES_BYTES // max(8, stores),
            unwritten_keys=_WORKER_UNWRITTEN_KEYS // max(8, stores),
        )


def _in_order(changes: dict[bytes, bytes | None]) -> list[tuple[bytes, bytes | None]]:
    return sorted(changes.items(), key=itemgetter(0))


def _mean_cost(delta: Delta) -> int:
    """What one of a step's values costs the cache, by a sample; those kept apart left out."""
    sample = delta[:: 1 + len(delta) // _SAMPLE]
    sizes = [len(packed) for key, packed in sample if packed and not KEPT_APART[key[0]]]
    return ENTRY_BYTES + DECODED_FACTOR * sum(sizes) // (len(sizes) or 1)


class Store:
    """One partition's state: reads through the cache, one atomic write of some steps.

    Look-ups come in layers: decoded values, what waits to be written, then the disk. Record ids go
    past the first: memory tables and files of the disk have bloom filters, so that a new id
    (nearly all are) costs no read. What waits is lost with the process, the position with it: the
    ledger has both.
    """

    def __init__(self, disk: Disk, options: StoreOptions | None = None) -> None:
        options = options or StoreOptions()
        self._disk = disk
        self._cache = ValueCache(options.values_bytes)
        self._unwritten: dict[bytes, bytes | None] = {}
        self._unwritten_max = options.unwritten_keys
        self._is_waiting = False
        self._paying = object()
        self._firsts: dict[Table, bytes] = {}
        """By table: no key of it on disk is less, nor will be by what waits."""
        self.position = BEGINNING
        """How far the state has come, what waits to be written included."""
        self._read_position()

    def _read_position(self) -> None:
        packed = self._disk.get(POSITION_KEY)
        self.position = BEGINNING if packed is None else Position.unpack(packed)

    # Reading

    def at_hand(self) -> Values:
        """Decoded values of the cache; empty tables of those kept apart."""
        return [
            {} if KEPT_APART[table] else values for table, values in enumerate(self._cache.young)
        ]

    def get(self, table: Table, key: bytes) -> Any:
        """The decoded value, or None."""
        value = ABSENT if KEPT_APART[table] else self._cache.get(table, key)
        if value is not ABSENT:
            return value
        full_key, waiting = PREFIXES[table] + key, self._unwritten
        packed = waiting[full_key] if full_key in waiting else self._disk.get(full_key)
        value = None if packed is None else _DECODERS[table](packed)
        if not KEPT_APART[table]:
            cost = ENTRY_BYTES + DECODED_FACTOR * len(packed or b"")
            self._cache.put(table, key, value, cost=cost)
        return value

    def get_many(self, table: Table, keys: Collection[bytes]) -> Sequence[Any]:
        """The decoded values, None where absent; one read of the disk for all."""
        if not KEPT_APART[table]:
            return [self.get(table, key) for key in keys]
        prefix, waiting = PREFIXES[table], self._unwritten
        full_keys = [prefix + key for key in keys]
        found: Sequence[bytes | None] = self._disk.get_many(full_keys)
        if waiting and not waiting.keys().isdisjoint(full_keys):
            found = [
                waiting.get(full_key, packed)
                for full_key, packed in zip(full_keys, found, strict=True)
            ]
        decode = _DECODERS[table]
        return [None if packed is None else decode(packed) for packed in found]

    def paying(self) -> object:
        """One and the same object while no value of the tables `PAYING` changes."""
        return self._paying

    def items(self, table: Table) -> Iterator[tuple[bytes, Any]]:
        """All of a table in key order. Not through the cache."""
        self.flush()
        decode = _DECODERS[table]
        for full_key, packed in self._disk.items(PREFIXES[table], _AFTER[table]):
            if full_key != POSITION_KEY:
                yield full_key[1:], decode(packed)

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values.

        Not through the cache, and nothing is written for it. A table that is worked off from its
        start has a disk full of what was deleted there; the next scan begins behind that.
        """
        first, last = PREFIXES[table] + start, PREFIXES[table] + end
        waiting = {key: v for key, v in self._unwritten.items() if first <= key < last}
        found = [(key, packed) for key, packed in waiting.items() if packed is not None]
        first = max(first, self._firsts.get(table, first))
        on_disk = self._disk.items(first, last) if first < last else iter(())
        head = next(on_disk, None)
        if not start and first < last:
            self._firsts[table] = min(last if head is None else head[0], *waiting, last)
        stand = (
            entry
            for entry in chain(() if head is None else (head,), on_disk)
            if entry[0] not in waiting and entry[0] != POSITION_KEY
        )
        found += islice(stand, limit)
        found.sort(key=itemgetter(0))
        decode = _DECODERS[table]
        return [(key[1:], decode(packed)) for key, packed in found[:limit]]

    def _note_firsts(self, values: Values) -> None:
        """What is put may stand before all that stood there."""
        for table, first in self._firsts.items():
            if changed := values[table]:
                self._firsts[table] = min(first, PREFIXES[table] + min(changed))

    # Writing

    def write(self, delta: Delta, ranges: Ranges, position: Position, values: Values) -> None:
        """A step that the ledger has acknowledged. `values` are the delta's, decoded, by table."""
        if ranges or any(values[table] for table in PAYING):
            self._paying = object()
        self._note_firsts(values)
        if ranges:
            self.flush()
            self._commit(ranges, delta, position)
            self._cache.clear()
        else:
            self._unwritten.update(delta)
            self.position = position
            self._is_waiting = True
            if len(self._unwritten) >= self._unwritten_max:
                self.flush()
        cost = _mean_cost(delta)
        for table, changed in enumerate(values):
            if changed and not KEPT_APART[table]:
                self._cache.put_all(table, changed, cost=cost)

    def replay(self, steps: Sequence[tuple[Delta, Ranges]], position: Position) -> None:
        """Steps read from the ledger, in order, as one write; the last one ends at `position`."""
        self.flush()
        self._paying = object()
        self._firsts.clear()
        changes: dict[bytes, bytes | None] = {}
        pending: list[tuple[bytes, bytes]] = []
        for delta, ranges in steps:
            if ranges and changes:
                # Ranges go before keys within a write, so these keys must be on disk first.
                self._disk.write(tuple(pending), _in_order(changes))
                changes, pending = {}, []
            pending.extend(ranges)
            changes.update(delta)
        # In key order, the disk's sorted tables take them in a fifth faster.
        self._commit(tuple(pending), _in_order(changes), position)
        self._cache.clear()

    def flush(self) -> None:
        """Write what waits, with the position it leads to."""
        if self._is_waiting:
            self._commit((), [*self._unwritten.items()], self.position)
            self._unwritten = {}

    def _commit(
        self, ranges: Ranges, changes: Sequence[tuple[bytes, bytes | None]], position: Position
    ) -> None:
        self._disk.write(ranges, [*changes, (POSITION_KEY, position.pack())])
        self.position = position
        self._is_waiting = False

    # The whole of it

    def _begin_anew(self) -> None:
        self._unwritten, self._is_waiting = {}, False
        self._paying = object()
        self._firsts.clear()
        self._cache.clear()
        self._read_position()

    def wipe(self) -> None:
        """Throw the local state away; the ledger still has everything."""
        self._disk.wipe()
        self._begin_anew()

    def restore(self, copy: Path) -> None:
        """Take the contents of a checkpoint in place of the local state."""
        self._disk.replace(copy)
        self._begin_anew()

    def checkpoint(self, path: Path) -> None:
        """Make a consistent copy of all tables and the position at `path`."""
        self.flush()
        self._disk.checkpoint(path)

    def close(self) -> None:
        """Let go of the files. What cannot be written any more comes from the ledger again."""
        try:
            self.flush()
        except ConnectorError as error:
            _log.warning("state left behind", why=str(error))
        self._disk.close()
