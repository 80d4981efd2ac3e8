"""What one step sees and changes: a thin layer of dirty values over the owner's store.

Nothing under it is touched until the ledger has acknowledged the step. A journal winds the layer
back to a savepoint, so that one input can fail without a trace. Values are immutable, so they are
handed out without a copy.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from streams.state import Table

PREFIXES: Final = tuple(bytes((number,)) for number in range(max(Table) + 1))
"""By table: the first byte of its keys."""

_ABSENT: Final = object()

Delta = tuple[tuple[bytes, bytes | None], ...]
"""Keys with their table's byte and packed values; None deletes."""

Ranges = tuple[tuple[bytes, bytes], ...]
"""Key ranges `from <= key < to`, deleted before a delta is put."""


class Readable(Protocol):
    """What lies under an overlay, by full key (table byte and key)."""

    def get(self, full_key: bytes) -> Any:
        """The decoded value, or None."""

    def get_many(self, full_keys: Sequence[bytes]) -> Sequence[Any]:
        """The decoded values, None where absent."""


class Overlay:
    """The `State` of one step.

    A `drop` counts for the keys as they stand at that moment, those put earlier in the same step
    included: so the result does not depend on where steps are cut.
    """

    __slots__ = ("_dropped", "_journal", "_seen", "_store", "values")

    def __init__(self, store: Readable) -> None:
        self.values: dict[bytes, Any] = {}
        """Dirty values by full key; None where deleted."""
        self._store = store
        self._seen: dict[bytes, Any] = {}
        self._journal: list[tuple[bytes | None, Any]] = []
        self._dropped: list[tuple[bytes, bytes]] = []

    def prefetch(self, keys: Sequence[tuple[Table, bytes]]) -> None:
        """Read these in one go; later reads of them cost a dictionary look-up."""
        full_keys = list({PREFIXES[table] + key: None for table, key in keys})
        self._seen.update(zip(full_keys, self._store.get_many(full_keys), strict=True))

    def get(self, table: Table, key: bytes) -> Any:
        """The value as this step left it, or None."""
        full_key = PREFIXES[table] + key
        value = self.values.get(full_key, _ABSENT)
        if value is not _ABSENT:
            return value
        if self._dropped and self._is_dropped(full_key):
            return None
        value = self._seen.get(full_key, _ABSENT)
        if value is not _ABSENT:
            return value
        value = self._seen[full_key] = self._store.get(full_key)
        return value

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value, for this step only."""
        full_key = PREFIXES[table] + key
        values = self.values
        self._journal.append((full_key, values.get(full_key, _ABSENT)))
        values[full_key] = value

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key, for this step only."""
        self.put(table, key, None)

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Remove all keys `start <= key < end` that stand there now."""
        first, last = PREFIXES[table] + start, PREFIXES[table] + end
        for full_key in [key for key in self.values if first <= key < last]:
            self._journal.append((full_key, self.values.pop(full_key)))
        self._journal.append((None, len(self._dropped)))
        self._dropped.append((first, last))

    def _is_dropped(self, full_key: bytes) -> bool:
        return any(start <= full_key < end for start, end in self._dropped)

    def savepoint(self) -> int:
        """A point to come back to."""
        return len(self._journal)

    def rollback(self, savepoint: int) -> None:
        """Forget all changes since the savepoint."""
        journal, values = self._journal, self.values
        while len(journal) > savepoint:
            full_key, before = journal.pop()
            if full_key is None:
                del self._dropped[before:]
            elif before is _ABSENT:
                del values[full_key]
            else:
                values[full_key] = before

    def delta(self, encode: Callable[[Any], bytes]) -> Delta:
        """Every key this step put or deleted, packed once each."""
        return tuple(
            [
                (full_key, None if value is None else encode(value))
                for full_key, value in self.values.items()
            ]
        )

    def dropped(self) -> Ranges:
        """The ranges this step dropped, in order."""
        return tuple(self._dropped)
