"""Values by the longest of many prefixes: a deck of a million costs hardly more than one of ten.

Prefixes are intervals of the alphabet that lie in each other or apart, so they cut it into
stretches in which the same ones fit. A look-up is one binary search for the stretch, within those
that begin alike: however many prefixes there are, few lie close together.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from streams.model.instant import BEGINNING, FOREVER, Instant

_GROUP_SIZE = 128
_HEAD_MAX = 16
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

    starts: Sequence[str]
    ways: Sequence[Ways]


class PrefixTable:
    """Prefixes and exact values of one field."""

    __slots__ = ("_all", "_groups", "_head")

    def __init__(
        self, prefixes: Iterable[tuple[str, Way]], exact: Iterable[tuple[str, Way]], default: str
    ) -> None:
        always: Ways = (Way(BEGINNING, FOREVER, default),)
        self._all = _stretches(_gathered(prefixes), _gathered(exact), always)
        self._head, self._groups = _grouped(self._all)

    def ways_of(self, value: str) -> Ways:
        """All ways that may hold for the value, the most specific first; the last always holds."""
        head = self._head
        group = self._groups.get(value[:head])
        if group is not None:
            starts, ways = group
            return ways[bisect_right(starts, value[head:]) - 1]
        starts, ways = self._all
        return ways[bisect_right(starts, value) - 1]

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

    Those of a group are told without the characters that they all begin with. A value that begins
    otherwise is searched for among all.
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
        # Made anew one after the other, and without the head, they lie side by side in memory.
        rests = ("", *[start[size:] for start in starts[first + 1 : last]])
        groups[head] = _Stretches(rests, tuple(ways[first:last]))
    return size, groups
