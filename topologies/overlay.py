"""What one step sees and changes: a thin layer of dirty values over the owner's store.

Nothing under it is touched until the ledger has acknowledged the step. Values are immutable, so
they are handed out without a copy. A layer may lie on another one: what an input changed is then
absorbed as a whole, or forgotten without a trace.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Protocol

from streams.layer import scanned
from streams.state import PAYING, Table
from topologies.value_cache import ABSENT, TABLES

_SELDOM_READ: Final = (Table.RECORD_IDS, Table.COMMANDS, Table.ANSWERS)
KEPT_APART: Final = tuple(table in _SELDOM_READ for table in range(TABLES))
"""By table: whether its values are hardly ever read again, so that no cache holds them."""

PREFIXES: Final = tuple(bytes((number,)) for number in range(TABLES))
"""By table: the first byte of its keys on disk and in the ledger."""

Delta = tuple[tuple[bytes, bytes | None], ...]
"""Keys with their table's byte and packed values; None deletes."""

Ranges = tuple[tuple[bytes, bytes], ...]
"""Key ranges `from <= key < to`, deleted before a delta is put."""

Values = Sequence[dict[bytes, Any]]
"""Decoded values by key, by table."""


class Readable(Protocol):
    """What lies under an overlay."""

    def at_hand(self) -> Values:
        """Values that need not be asked for, None where it is known that there is none.

        The tables kept apart are empty and the caller's own, to be filled by it.
        """

    def get(self, table: Table, key: bytes) -> Any:
        """The decoded value, or None."""

    def get_many(self, table: Table, keys: Collection[bytes]) -> Sequence[Any]:
        """The decoded values, None where absent; they are at hand then, but those kept apart."""

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""

    def paying(self) -> object:
        """One and the same object while no value of the tables `PAYING` changes; None: look."""


class Overlay:
    """The `State` of one step, or of one input of it.

    A `drop` counts for the keys as they stand at that moment, those put earlier in the same step
    included: so the result does not depend on where steps are cut.
    """

    __slots__ = ("_at_hand", "_dropped", "_under", "values")

    def __init__(self, under: Readable) -> None:
        self.values: list[dict[bytes, Any]] = [{} for _ in range(TABLES)]
        """Dirty values by table and key; None where deleted."""
        self._under = under
        self._at_hand = under.at_hand()
        self._dropped: list[tuple[Table, bytes, bytes]] = []

    @property
    def is_changed(self) -> bool:
        """True where something was put, deleted or dropped."""
        return bool(self._dropped) or any(self.values)

    def prefetch(self, table: Table, keys: Collection[bytes]) -> None:
        """Read these in one go; later reads of them cost a dictionary look-up."""
        found = self._under.get_many(table, keys)
        if KEPT_APART[table]:
            self._at_hand[table].update(zip(keys, found, strict=True))

    def get(self, table: Table, key: bytes) -> Any:
        """The value as this step left it, or None."""
        changed = self.values[table]
        # What usage asks for first, its service and its account, hardly any step changes.
        if changed:
            value = changed.get(key, ABSENT)
            if value is not ABSENT:
                return value
        if self._dropped and self._is_dropped(table, key):
            return None
        value = self._at_hand[table].get(key, ABSENT)
        return self._under.get(table, key) if value is ABSENT else value

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value, for this step only."""
        self.values[table][key] = value

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key, for this step only."""
        self.values[table][key] = None

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Remove all keys `start <= key < end` that stand there now."""
        values = self.values[table]
        for key in [key for key in values if start <= key < end]:
            del values[key]
        self._dropped.append((table, start, end))

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""
        values = self.values[table].items()
        own = {key: value for key, value in values if start <= key < end}
        return scanned(own, self._under, self._is_dropped, (table, start, end, limit))

    def paying(self) -> object:
        """Those under this layer, while it changes none of them."""
        changes = self._dropped or any(self.values[table] for table in PAYING)
        return None if changes else self._under.paying()

    def _is_dropped(self, table: Table, key: bytes) -> bool:
        return any(table == of and start <= key < end for of, start, end in self._dropped)

    # As what lies under another layer

    def at_hand(self) -> Values:
        """Nothing: what this layer holds is still to change."""
        return [{} for _ in range(TABLES)]

    def get_many(self, table: Table, keys: Collection[bytes]) -> Sequence[Any]:
        """The values as this step left them, None where absent."""
        return [self.get(table, key) for key in keys]

    def absorb(self, layer: "Overlay") -> None:
        """Take over what a layer on top of this one has changed."""
        for dropped in layer._dropped:
            self.drop(*dropped)
        for values, changed in zip(self.values, layer.values, strict=True):
            values.update(changed)

    # As a ledger record tells it

    def delta(self, encode: Callable[[Any], bytes]) -> Delta:
        """Every key this step put or deleted, packed once each, table by table."""
        delta: list[tuple[bytes, bytes | None]] = []
        for prefix, values in zip(PREFIXES, self.values, strict=True):
            delta += [
                (prefix + key, None if value is None else encode(value))
                for key, value in values.items()
            ]
        return tuple(delta)

    def dropped(self) -> Ranges:
        """The ranges this step dropped, in order."""
        return tuple(
            (PREFIXES[table] + start, PREFIXES[table] + end) for table, start, end in self._dropped
        )
