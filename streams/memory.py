"""A partition's state in a dictionary: for scenarios, measurements, and to compare others with."""

from typing import Any

from streams.state import Table


class MemoryState:
    """A `State` that nothing is under: what is put stands at once."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[tuple[int, bytes], Any] = {}

    def get(self, table: Table, key: bytes) -> Any:
        """The value, or None."""
        return self.values.get((table, key))

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value."""
        self.values[table, key] = value

    def delete(self, table: Table, key: bytes) -> None:
        """Remove the key."""
        self.values.pop((table, key), None)

    def drop(self, table: Table, start: bytes, end: bytes) -> None:
        """Remove all keys `start <= key < end` of the table."""
        for held in [at for at in self.values if at[0] == table and start <= at[1] < end]:
            del self.values[held]

    def scan(self, table: Table, start: bytes, end: bytes, limit: int) -> list[tuple[bytes, Any]]:
        """The first `limit` keys `start <= key < end` in order, with their values."""
        held = sorted(at[1] for at in self.values if at[0] == table and start <= at[1] < end)
        return [(key, self.values[table, key]) for key in held[:limit]]

    def paying(self) -> object:
        """None: nobody keeps watch over what changes."""
        return None

    def table(self, table: Table) -> dict[bytes, Any]:
        """All of one table, by key."""
        return {key: value for (number, key), value in self.values.items() if number == table}
