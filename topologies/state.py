"""The owner's tables: decoded values in a bounded cache over a disk that can always be rebuilt.

A key is its table's byte and the table's key. One write a step carries the delta and the position
(what was applied last, and the ledger record it came from) together, so that state and position
can never disagree. `topologies/disk.py` is the disk.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from connectors.kafka.codec import TABLE_DECODERS, encode_value
from streams.model.ledger import WHOLE
from streams.state import Table
from topologies.overlay import PREFIXES, Delta, Ranges

_DECODERS: Final = tuple(
    TABLE_DECODERS[Table(number)] if number else None for number in range(max(Table) + 1)
)
_KEPT_APART: Final = frozenset((Table.RECORD_IDS, Table.COMMANDS))
_ABSENT: Final = object()

POSITION_KEY: Final = PREFIXES[Table.META] + b"owner.position"

DECODED_FACTOR: Final = 8
"""Memory of a decoded value for each byte of its packed form (measured: 6 to 9)."""

ENTRY_BYTES: Final = 250
"""Memory of a cache entry beside its value: key, dictionary slot, object heads."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """How far a state has come.

    `written` is the last input applied, (offset, index) of `charging[p]`; `offset`, `owner` and
    `digest` name the last valid ledger record, by which the state proves that it belongs to it.
    """

    written: tuple[int, int] = (-1, WHOLE)
    offset: int = -1
    owner: bytes = b""
    digest: bytes = b""


BEGINNING: Final = Position()
_decode_position = msgspec.msgpack.Decoder(Position).decode


class Disk(Protocol):
    """Ordered bytes that survive the process. A write is atomic, not necessarily durable."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """The values, None where absent."""

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All keys that begin with `prefix`, in order."""

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


class BoundedCache:
    """Values by key within a cost. Two generations stand in for exact recency.

    What is read or put lives in the young half; when that is full the old half is forgotten and
    the young one grows old. A hit costs one look-up where a list of recency costs four. What a
    value costs is told at `put`; one that is promoted is taken for an average one.
    """

    __slots__ = ("_cost", "_half", "_mean", "_old", "_young")

    def __init__(self, cost_max: int) -> None:
        self._half = max(1, cost_max // 2)
        self._cost = 0
        self._mean = 1
        self._young: dict[bytes, Any] = {}
        self._old: dict[bytes, Any] = {}

    def get(self, key: bytes) -> Any:
        """The value, or the absent mark of this module."""
        value = self._young.get(key, _ABSENT)
        if value is _ABSENT and key in self._old:
            value = self._old.pop(key)
            self.put(key, value, self._mean)
        return value

    def get_many(self, keys: Sequence[bytes]) -> list[Any]:
        """The values, the absent mark where there is none; quick for what was used lately."""
        young = self._young.get
        values = [young(key, _ABSENT) for key in keys]
        if self._old:
            for at, value in enumerate(values):
                if value is _ABSENT:
                    values[at] = self.get(keys[at])
        return values

    def put(self, key: bytes, value: Any, cost: int) -> None:
        """Keep the value; forgets others where the cost goes beyond the bound."""
        young = self._young
        if key not in young:
            if self._cost + cost > self._half:
                self._grow_old()
                young = self._young
            self._cost += cost
        young[key] = value

    def _grow_old(self) -> None:
        self._mean = self._cost // (len(self._young) or 1) or 1
        self._old, self._young, self._cost = self._young, {}, 0

    def forget(self, key: bytes) -> None:
        """Keep the key no longer."""
        self._old.pop(key, None)
        if self._young.pop(key, _ABSENT) is not _ABSENT:
            self._cost -= min(self._cost, self._mean)

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._cost = {}, {}, 0

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


@dataclass(frozen=True, kw_only=True)
class CacheOptions:
    """Memory of one partition's decoded values, and how many of the newest ids stay at hand."""

    values_bytes: int = 24 * 1024 * 1024
    recent_ids: int = 20_000


def _in_order(changes: dict[bytes, bytes | None]) -> list[tuple[bytes, bytes | None]]:
    return sorted(changes.items(), key=itemgetter(0))


class Store:
    """One partition's state: reads through the cache, one atomic write a step.

    Look-ups of record ids come in layers: the ids just written, then the disk, whose memory tables
    and files have bloom filters, so that a new id (nearly all are) costs no read.
    """

    def __init__(self, disk: Disk, options: CacheOptions | None = None) -> None:
        options = options or CacheOptions()
        self._disk = disk
        self._values = BoundedCache(options.values_bytes)
        self._recent = BoundedCache(options.recent_ids)
        self.position = BEGINNING
        self._read_position()

    def _read_position(self) -> None:
        packed = self._disk.get(POSITION_KEY)
        self.position = BEGINNING if packed is None else _decode_position(packed)

    def _cached(self, full_key: bytes) -> Any:
        cache = self._recent if full_key[0] in _KEPT_APART else self._values
        return cache.get(full_key)

    def _decode(self, full_key: bytes, packed: bytes | None) -> Any:
        if packed is None:
            return None
        value = _DECODERS[full_key[0]](packed)  # type: ignore[misc]
        if full_key[0] not in _KEPT_APART:
            self._values.put(full_key, value, ENTRY_BYTES + DECODED_FACTOR * len(packed))
        return value

    def get(self, full_key: bytes) -> Any:
        """The decoded value, or None."""
        value = self._cached(full_key)
        if value is not _ABSENT:
            return value
        return self._decode(full_key, self._disk.get(full_key))

    def get_many(self, full_keys: Sequence[bytes]) -> list[Any]:
        """The decoded values, None where absent; one read of the disk for all."""
        values = self._values.get_many(full_keys)
        recent, missing = self._recent.get, []
        for at, value in enumerate(values):
            if value is _ABSENT:
                full_key = full_keys[at]
                if full_key[0] in _KEPT_APART and (known := recent(full_key)) is not _ABSENT:
                    values[at] = known
                else:
                    missing.append(at)
        if missing:
            found = self._disk.get_many([full_keys[at] for at in missing])
            for at, packed in zip(missing, found, strict=True):
                values[at] = None if packed is None else self._decode(full_keys[at], packed)
        return values

    def items(self, table: Table) -> Iterator[tuple[bytes, Any]]:
        """All of a table in key order, keys without the table's byte. Not through the cache."""
        decode = _DECODERS[table]
        assert decode is not None
        for full_key, packed in self._disk.items(PREFIXES[table]):
            if full_key != POSITION_KEY:
                yield full_key[1:], decode(packed)

    def write(
        self, delta: Delta, ranges: Ranges, position: Position, values: Mapping[bytes, Any]
    ) -> None:
        """A step that the ledger has acknowledged. `values` are the delta's, decoded."""
        self._commit(ranges, delta, position)
        if ranges:
            self._forget_all()
        recent, cached = self._recent.put, self._values.put
        for full_key, packed in delta:
            if packed is None:
                self._forget(full_key)
            elif full_key[0] in _KEPT_APART:
                recent(full_key, values[full_key], 1)
            else:
                cached(full_key, values[full_key], ENTRY_BYTES + DECODED_FACTOR * len(packed))

    def replay(self, steps: Sequence[tuple[Delta, Ranges]], position: Position) -> None:
        """Steps read from the ledger, in order, as one write; the last one ends at `position`."""
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
        self._forget_all()

    def _commit(
        self, ranges: Ranges, changes: Sequence[tuple[bytes, bytes | None]], position: Position
    ) -> None:
        self._disk.write(ranges, [*changes, (POSITION_KEY, encode_value(position))])
        self.position = position

    def _forget(self, full_key: bytes) -> None:
        self._values.forget(full_key)
        self._recent.forget(full_key)

    def _forget_all(self) -> None:
        self._values.clear()
        self._recent.clear()

    def wipe(self) -> None:
        """Throw the local state away; the ledger still has everything."""
        self._disk.wipe()
        self._forget_all()
        self._read_position()

    def restore(self, copy: Path) -> None:
        """Take the contents of a checkpoint in place of the local state."""
        self._disk.replace(copy)
        self._forget_all()
        self._read_position()

    def checkpoint(self, path: Path) -> None:
        """Make a consistent copy of all tables and the position at `path`."""
        self._disk.checkpoint(path)

    def close(self) -> None:
        """Let go of the files."""
        self._disk.close()
