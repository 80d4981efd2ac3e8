"""Disks that lose their last writes, come back as an older copy, or are gone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.simulate.dice import Dice, Rates
from tests.simulate.process import Process
from topologies.overlay import Ranges
from topologies.state import Store

TAIL = 5
"""Writes that a crash can take back."""


class Platter:
    """What survives a process: the bytes of one partition's folder."""

    def __init__(self, copies: dict[str, dict[bytes, bytes]]) -> None:
        self.copies = copies
        self.now: dict[bytes, bytes] = {}
        self._tail: list[dict[bytes, bytes]] = []
        self._older: dict[bytes, bytes] = {}

    def write(self, ranges: Ranges, changes: Sequence[tuple[bytes, bytes | None]]) -> None:
        self._tail = [*self._tail[-TAIL + 1 :], self.now]
        following = dict(self.now)
        for start, end in ranges:
            for key in [key for key in following if start <= key < end]:
                del following[key]
        for key, value in changes:
            if value is None:
                following.pop(key, None)
            else:
                following[key] = value
        self.now = following

    def crash(self, dice: Dice, rates: Rates) -> str:
        """What the next opening finds."""
        if dice.happens(rates.torn) and self._tail:
            lost = dice.random.randint(1, len(self._tail))
            self.now = self._tail[-lost]
            what = f"lost its last {lost} writes"
        elif dice.happens(rates.older):
            self.now = self._older
            what = "came back as an older copy"
        elif dice.happens(rates.wiped):
            self.now = {}
            what = "was wiped"
        else:
            what = "is whole"
        self._tail = []
        if dice.happens(0.5):
            self._older = self.now
        return what


class SimDisk:
    """A process' handle on a platter; a dead process writes nothing."""

    def __init__(self, platter: Platter, process: Process) -> None:
        self._platter = platter
        self._process = process

    def get(self, key: bytes) -> bytes | None:
        return self._platter.now.get(key)

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        return [self._platter.now.get(key) for key in keys]

    def items(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted((k, v) for k, v in self._platter.now.items() if start <= k < end))

    def write(self, ranges: Ranges, changes: Sequence[tuple[bytes, bytes | None]]) -> None:
        if self._process.is_alive:
            self._platter.write(ranges, changes)

    def wipe(self) -> None:
        if self._process.is_alive:
            self._platter.now = {}

    def replace(self, copy: Path) -> None:
        if self._process.is_alive:
            self._platter.now = dict(self._platter.copies[str(copy)])

    def checkpoint(self, path: Path) -> None:
        if self._process.is_alive:
            self._platter.copies[str(path)] = dict(self._platter.now)

    def close(self) -> None:
        """Nothing to let go of."""


class SimShelf:
    """Snapshots of one partition, on a disk that never fails and that all workers share."""

    def __init__(self, partition: int, copies: dict[str, dict[bytes, bytes]]) -> None:
        self.copies = copies
        self.offsets: list[int] = []
        self._partition = partition

    def _path(self, offset: int) -> Path:
        return Path(f"{self._partition}-{offset}")

    def begin(self, store: Store) -> int:
        store.checkpoint(self._path(store.position.offset))
        return store.position.offset

    def finish(self, draft: int) -> Path:
        path = self._path(draft)
        if str(path) in self.copies:
            self.offsets.append(draft)
        return path

    def restore(self, store: Store) -> bool:
        if not self.offsets:
            return False
        store.restore(self._path(max(self.offsets)))
        return True
