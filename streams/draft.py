"""A draft of changes to a state: kept as a whole, or forgotten without a trace."""

from typing import Any, Final

from streams.state import State, Table

_NOTHING: Final = object()


class Draft:
    """A `State` over another one, which sees nothing of it before `keep`."""

    __slots__ = ("_changes", "_under")

    def __init__(self, under: State) -> None:
        self._under = under
        self._changes: dict[tuple[Table, bytes], Any] = {}

    def get(self, table: Table, key: bytes) -> Any:
        """The value as the draft has it, or None."""
        value = self._changes.get((table, key), _NOTHING)
        return self._under.get(table, key) if value is _NOTHING else value

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value, in the draft."""
        self._changes[table, key] = value

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key, in the draft."""
        self._changes[table, key] = None

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Nothing that is drafted removes ranges."""
        raise AssertionError(f"ranges of table {table} are not removed by a draft")

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """Nothing that is drafted looks through a table."""
        raise AssertionError(f"table {table} is not looked through by a draft")

    def paying(self) -> object:
        """None: a draft is too short to watch over what changes."""
        return None

    def keep(self) -> None:
        """Make the changes in the state below, in the order in which they were first made."""
        for (table, key), value in self._changes.items():
            if value is None:
                self._under.delete(table, key)
            else:
                self._under.put(table, key, value)
