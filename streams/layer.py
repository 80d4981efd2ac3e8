"""A thin layer over a state: what is put on it is seen through it, and can be thrown away."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Protocol

from streams.state import PAYING, State, Table


class Layer:
    """A `State` over another one, which it leaves as it is: for questions of what would be."""

    __slots__ = ("_dropped", "_under", "_values")

    def __init__(self, under: State) -> None:
        self._under = under
        self._values: dict[tuple[Table, bytes], Any] = {}
        self._dropped: list[tuple[Table, bytes, bytes]] = []

    def get(self, table: Table, key: bytes) -> Any:
        """The value as it was put here, else as it stands below; None where there is none."""
        if (table, key) in self._values:
            return self._values[table, key]
        return None if self._is_dropped(table, key) else self._under.get(table, key)

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value, here only."""
        self._values[table, key] = value

    def put_in(self, table: Table) -> list[tuple[bytes, Any]]:
        """What was put here of a table and stands, in the order in which it first was."""
        return [
            (key, value)
            for (of, key), value in self._values.items()
            if of == table and value is not None
        ]

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key, here only."""
        self._values[table, key] = None

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Remove all keys `start <= key < end` that stand there now, here only."""
        for at in [at for at in self._values if at[0] == table and start <= at[1] < end]:
            del self._values[at]
        self._dropped.append((table, start, end))

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""
        own = {
            key: value
            for (of, key), value in self._values.items()
            if of == table and start <= key < end
        }
        return scanned(own, self._under, self._is_dropped, (table, start, end, limit))

    def changed(self, table: Table) -> list[tuple[bytes, Any]]:
        """What was put here of a table, in the order of keys."""
        found = [(key, value) for (of, key), value in self._values.items() if of == table]
        return sorted(found, key=itemgetter(0))

    def paying(self) -> object:
        """What lies below tells, while nothing of it is changed here."""
        is_changed = bool(self._dropped) or any(table in PAYING for table, _ in self._values)
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
