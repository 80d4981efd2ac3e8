"""A thin layer over a state: what is put on it is seen through it, and can be thrown away."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Protocol

from streams.state import PAYING, State, Table


class Layer:
    """A `State` over another one, which it leaves as it is: for questions of what would be.

    Most tables are never put to: their values are asked for below without further ado.
    """

    __slots__ = ("_dropped", "_under", "_values")

    def __init__(self, under: State) -> None:
        self._under = under
        self._values: dict[Table, dict[bytes, Any]] = {}
        self._dropped: list[tuple[Table, bytes, bytes]] = []

    def get(self, table: Table, key: bytes) -> Any:
        """The value as it was put here, else as it stands below; None where there is none."""
        put = self._values.get(table)
        if put is not None and key in put:
            return put[key]
        if self._dropped and self._is_dropped(table, key):
            return None
        return self._under.get(table, key)

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value, here only."""
        put = self._values.get(table)
        if put is None:
            self._values[table] = {key: value}
        else:
            put[key] = value

    def put_in(self, table: Table) -> list[tuple[bytes, Any]]:
        """What was put here of a table and stands, in the order in which it first was."""
        put = self._values.get(table)
        return [] if put is None else [each for each in put.items() if each[1] is not None]

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key, here only."""
        self.put(table, key, None)

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Remove all keys `start <= key < end` that stand there now, here only."""
        put = self._values.get(table, {})
        for key in [key for key in put if start <= key < end]:
            del put[key]
        self._dropped.append((table, start, end))

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""
        put = self._values.get(table, {})
        own = {key: value for key, value in put.items() if start <= key < end}
        return scanned(own, self._under, self._is_dropped, (table, start, end, limit))

    def changed(self, table: Table) -> list[tuple[bytes, Any]]:
        """What was put here of a table, in the order of keys."""
        put = self._values.get(table)
        return [] if put is None else sorted(put.items(), key=itemgetter(0))

    def paying(self) -> object:
        """What lies below tells, while nothing of it is changed here."""
        is_changed = self._dropped or not self._values.keys().isdisjoint(PAYING)
        return None if is_changed else self._under.paying()

    def _is_dropped(self, table: Table, key: bytes) -> bool:
        return any(table == of and start <= key < end for of, start, end in self._dropped)


class Scanned(Protocol):
    """What lies under a layer, as far as it is scanned."""

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""


def scanned(
    own: Mapping[bytes, Any],
    under: Scanned,
    is_dropped: Callable[[Table, bytes], bool],
    asked: tuple[Table, bytes, bytes, int],
) -> list[tuple[bytes, Any]]:
    """What a layer with `own` values in the range asked for shows; None is a key deleted."""
    table, start, end, limit = asked
    found = [entry for entry in own.items() if entry[1] is not None]
    wanted, begin = limit, start
    while wanted > 0:
        below = under.scan(table, begin, end, wanted)
        kept = [each for each in below if each[0] not in own and not is_dropped(table, each[0])]
        found += kept
        if len(below) < wanted:
            break
        wanted -= len(kept)
        begin = below[-1][0] + b"\0"
    found.sort(key=itemgetter(0))
    return found[:limit]
