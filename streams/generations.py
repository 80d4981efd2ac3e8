"""What is kept for a while and then forgotten all at once: keys of a table in generations.

A tick that finds the newest generation so old begins another, and drops what is older than the one
before. So a key is kept for one life of a generation, and for two at most, ticks being regular.
What comes before the first tick is in the first generation.
"""

from functools import lru_cache

from streams.model.instant import Instant
from streams.state import State, Table


class Generations:
    """The generations of a table; `name` is theirs in META, where their number and age stand.

    Tables `beside` it have the same ones.
    """

    __slots__ = ("_began", "_life", "_newest", "_tables")

    def __init__(
        self, table: Table, name: str, life: Instant, beside: tuple[Table, ...] = ()
    ) -> None:
        self._tables = (table, *beside)
        self._life = life
        self._newest = f"{name}.group".encode()
        """In META: the number of the newest."""
        self._began = f"{name}.began".encode()
        """In META: the partition's time when it began; none before the first tick."""

    def kept(self, state: State) -> tuple[bytes, ...]:
        """What the keys of those that are kept begin with, the newest first."""
        newest: int = state.get(Table.META, self._newest) or 0
        return _starts(newest)

    def turn(self, time: Instant, state: State) -> None:
        """The partition's time is `time`: begin one and drop one where it is due."""
        began: Instant | None = state.get(Table.META, self._began)
        if began is None:
            state.put(Table.META, self._began, time)
        elif time >= began + self._life:
            former: int = state.get(Table.META, self._newest) or 0
            state.put(Table.META, self._newest, former + 1)
            state.put(Table.META, self._began, time)
            for table in self._tables:
                state.drop(table, b"", start_of(former))


@lru_cache(maxsize=64)
def _starts(newest: int) -> tuple[bytes, ...]:
    return tuple(map(start_of, (newest, newest - 1) if newest else (newest,)))


def start_of(number: int) -> bytes:
    """What the keys of a generation begin with."""
    return number.to_bytes(4, "big")
