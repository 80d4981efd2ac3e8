"""Decoded values of a partition's tables within a bound of memory.

Two generations stand in for exact recency: what is read or put lives in the young one; when that is
full the old one is forgotten and the young one grows old. A hit costs one look-up where a list of
recency costs four.
"""

from collections.abc import Mapping
from typing import Any, Final

from streams.state import Table

ABSENT: Final = object()
"""Nothing is known of a key; None says that it is known to have no value."""

TABLES: Final = max(Table) + 1
"""Length of a list that is indexed by table."""


class ValueCache:
    """Values by table and key within a cost.

    What a value costs is told when it is put; one that is promoted is taken for an average one.
    `young` may be read by others, by table; what is not there may be in the old generation.
    """

    __slots__ = ("_cost", "_half", "_mean", "_old", "young")

    def __init__(self, cost_max: int) -> None:
        self._half = max(1, cost_max // 2)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.young: list[dict[bytes, Any]] = [{} for _ in range(TABLES)]
        self._old: list[dict[bytes, Any]] = [{} for _ in range(TABLES)]
        self._cost = 0
        self._mean = 1

    def get(self, table: int, key: bytes) -> Any:
        """The value, None included, or `ABSENT`."""
        value = self.young[table].get(key, ABSENT)
        if value is ABSENT and key in self._old[table]:
            value = self._old[table].pop(key)
            self.put(table, key, value, cost=self._mean)
        return value

    def put(self, table: int, key: bytes, value: Any, *, cost: int) -> None:
        """Keep the value; forgets others where the cost goes beyond the bound."""
        if key not in self.young[table]:
            if self._cost + cost > self._half:
                self._grow_old()
            self._cost += cost
        self.young[table][key] = value

    def put_all(self, table: int, values: Mapping[bytes, Any], *, cost: int) -> None:
        """Keep the values, of `cost` each; goes beyond the bound by no more than they cost."""
        young = self.young[table]
        before = len(young)
        young.update(values)
        self._cost += (len(young) - before) * cost
        if self._cost > self._half:
            self._grow_old()

    def _grow_old(self) -> None:
        self._mean = self._cost // (sum(map(len, self.young)) or 1) or 1
        self._old, self.young = self.young, [{} for _ in range(TABLES)]
        self._cost = 0

    def __len__(self) -> int:
        return sum(
            len(young.keys() | old.keys()) for young, old in zip(self.young, self._old, strict=True)
        )
