"""A bounded cache that forgets what was not asked for lately."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class RecentCache(Generic[K, V]):
    """Two generations: what is asked for moves to the young one; when that is full, the old goes.

    At most `2 * generation_max` entries; most hits cost one dictionary look-up. A value is never
    false.
    """

    __slots__ = ("_generation_max", "_old", "_young")

    def __init__(self, generation_max: int) -> None:
        self._generation_max = generation_max
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get_young(self, keys: Sequence[K]) -> list[V | None]:
        """What the young generation has of these. It changes nothing, so it needs no lock."""
        return list(map(self._young.get, keys))

    def get(self, key: K) -> V | None:
        """The value, or None where it is not here (any more)."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep the value; it replaces an older one."""
        if len(self._young) >= self._generation_max:
            self._old = self._young
            self._young = {}
        self._young[key] = value

    def drop(self, key: K) -> None:
        """Forget the key."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
