"""Values by the longest of many prefixes: a deck of a million costs hardly more than one of ten.

Prefixes are intervals of the alphabet that lie in each other or apart, so they cut it into
stretches in which the same ones fit. A look-up is one binary search for the stretch, within those
that begin alike: however many prefixes there are, few lie close together.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.usage import UsageRecord

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

Zone = Any
"""The zone of a stretch where it always holds, else its `Ways`, of which the last always holds."""

Finder = Callable[[UsageRecord], str]


class _Stretches(NamedTuple):
    """Where each stretch begins, and the ways of its values, the most specific first."""

    starts: Sequence[str]
    ways: Sequence[Ways]


class PrefixTable:
    """Prefixes and exact values of one field."""

    __slots__ = ("_groups", "_head", "_starts", "_zones")

    def __init__(
        self, prefixes: Iterable[tuple[str, Way]], exact: Iterable[tuple[str, Way]], default: str
    ) -> None:
        always: Ways = (Way(BEGINNING, FOREVER, default),)
        found = _stretches(_gathered(prefixes), _gathered(exact), always)
        self._starts, self._zones = found.starts, [_zone(ways) for ways in found.ways]
        self._head, self._groups = _grouped(self._starts, self._zones)

    def finder(self, attribute: str) -> Finder:
        """The look-up of a record's zone by the value of an attribute, or by none."""
        head, group_of = self._head, self._groups.get
        starts, zones = self._starts, self._zones

        def find_zone(record: UsageRecord) -> str:
            value = record.attributes.get(attribute, "")
            group = group_of(value[:head])
            if group is None:
                zone = zones[bisect_right(starts, value) - 1]
            else:
                size = len(group) >> 1
                zone = group[size + bisect_right(group, value[head:], 0, size) - 1]
            return zone if type(zone) is str else _zone_at(zone, record.occurred_at)

        return find_zone

    @property
    def comparisons(self) -> int:
        """The most comparisons of a look-up whose value begins as some prefix does."""
        sizes = [len(group) >> 1 for group in self._groups.values()] or [len(self._starts)]
        return max(sizes).bit_length()


def _zone(ways: Ways) -> Zone:
    return ways[0].zone if _always(ways[0]) else ways


def _zone_at(ways: Ways, at: Instant) -> str:
    return next(zone for start, end, zone in ways if start <= at < end)


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


def _grouped(starts: Sequence[str], zones: Sequence[Zone]) -> tuple[int, dict[str, list[Any]]]:
    """How many first characters part the stretches into small groups, and these groups.

    A group is one list, so that little is fetched from memory to look into it: first where its
    stretches begin, told without the characters that they all begin with, then their zones. A
    value that begins otherwise is searched for among all.
    """
    wanted = len(starts) // _GROUP_SIZE
    if not wanted:
        return 0, {}
    size = 1
    while size < _HEAD_MAX and len({start[:size] for start in starts}) < wanted:
        size += 1
    groups: dict[str, list[Any]] = {}
    for head in {start[:size] for start in starts if len(start) >= size}:
        first = bisect_right(starts, head) - 1
        last = bisect_left(starts, _end_of(head))
        # Made anew one after the other, and without the head, they lie side by side in memory.
        groups[head] = ["", *[start[size:] for start in starts[first + 1 : last]]]
        groups[head] += zones[first:last]
    return size, groups
