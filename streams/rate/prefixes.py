"""Values by the longest of many prefixes: a deck of a million costs hardly more than one of ten.

Prefixes are intervals of the alphabet that lie in each other or apart, so they cut it into
stretches in which the same ones fit. A look-up is one binary search for the stretch, within those
that begin alike: however many prefixes there are, few lie close together.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from streams.model.instant import BEGINNING, FOREVER, Instant

_GROUP_SIZE = 128
_HEAD_MAX = 16
_KEPT = 65_536
_LAST = chr(0x10FFFF)


class Way(NamedTuple):
    """A zone and when it holds."""

    start: Instant
    end: Instant
    zone: str


Ways = tuple[Way, ...]
"""Of those that hold at a moment, the first one counts."""


class _Stretches(NamedTuple):
    """Where each stretch begins, and the ways of its values, the most specific first."""

    starts: list[str]
    ways: list[Ways]


class PrefixTable:
    """Prefixes and exact values of one field.

    Only as many characters as the longest prefix has can matter, so the ways of those are kept.
    """

    __slots__ = ("_all", "_found", "_groups", "_head", "_longest")

    def __init__(
        self, prefixes: Iterable[tuple[str, Way]], exact: Iterable[tuple[str, Way]], default: str
    ) -> None:
        by_prefix, by_value = _gathered(prefixes), _gathered(exact)
        self._all = _stretches(by_prefix, by_value, (Way(BEGINNING, FOREVER, default),))
        self._longest = max(
            max(map(len, by_prefix), default=0), max(map(len, by_value), default=-1) + 1
        )
        self._head, self._groups = _grouped(self._all)
        self._found: dict[str, Ways] = {}

    def ways_of(self, value: str) -> Ways:
        """All ways that may hold for the value, the most specific first; the last always holds."""
        value = value[: self._longest]
        ways = self._found.get(value)
        if ways is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            starts, found = self._groups.get(value[: self._head], self._all)
            ways = self._found[value] = found[bisect_right(starts, value) - 1]
        return ways

    @property
    def comparisons(self) -> int:
        """The most comparisons of a look-up whose value begins as some prefix does."""
        groups = self._groups.values() or (self._all,)
        return max(len(starts) for starts, _ in groups).bit_length()


def _gathered(entries: Iterable[tuple[str, Way]]) -> dict[str, Ways]:
    """The ways of each text, the later start first; equal ways are one value, decks repeat them."""
    found: dict[str, Ways] = {}
    known: dict[Way, Ways] = {}
    for text, way in entries:
        ways = known.setdefault(way, (way,))
        before = found.get(text)
        if before is not None:
            ways = tuple(sorted(before + ways, key=lambda each: -each.start))
        found[text] = ways
    return found


def _stretches(by_prefix: dict[str, Ways], exact: dict[str, Ways], rest: Ways) -> _Stretches:
    """The alphabet cut where some prefix or value begins or ends."""
    starts, found = [""], [rest]
    open_until: list[tuple[str, Ways]] = []
    """Prefixes that the sweep is inside of, the innermost last: their end, and their ways."""

    def put(start: str, ways: Ways) -> None:
        if starts[-1] == start:
            found[-1] = ways
        else:
            starts.append(start)
            found.append(ways)

    def close(until: str | None) -> Ways:
        """Leave what ends at or before `until`; the ways of what is still open."""
        while open_until and (until is None or open_until[-1][0] <= until):
            end, _ = open_until.pop()
            if end != _LAST:
                put(end, open_until[-1][1] if open_until else rest)
        return open_until[-1][1] if open_until else rest

    texts = [(text, False) for text in by_prefix]
    texts.extend((text, True) for text in exact)
    for text, is_exact in sorted(texts):
        outer = close(text)
        own = exact[text] if is_exact else by_prefix[text]
        ways = own if _always(own[-1]) else own + outer
        put(text, ways)
        open_until.append((text + "\0" if is_exact else _end_of(text), ways))
    close(None)
    return _Stretches(starts, found)


def _always(way: Way) -> bool:
    return way.start == BEGINNING and way.end == FOREVER


def _end_of(prefix: str) -> str:
    """The first text after all that begin with the prefix."""
    stem = prefix.rstrip(_LAST)
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else _LAST


def _grouped(whole: _Stretches) -> tuple[int, dict[str, _Stretches]]:
    """How many first characters part the stretches into small groups, and these groups.

    A value that begins otherwise is searched for among all.
    """
    starts, ways = whole
    wanted = len(starts) // _GROUP_SIZE
    if not wanted:
        return 0, {}
    size = 1
    while size < _HEAD_MAX and len({start[:size] for start in starts}) < wanted:
        size += 1
    groups: dict[str, _Stretches] = {}
    for head in {start[:size] for start in starts if len(start) >= size}:
        first = bisect_right(starts, head) - 1
        last = bisect_left(starts, _end_of(head))
        groups[head] = _Stretches([head, *starts[first + 1 : last]], ways[first:last])
    return size, groups
