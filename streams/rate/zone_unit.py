"""Where: the zone of a usage by the most specific row that fits it.

Of the rows that fit, the one with the more specific destination wins, then the one with the more
specific origin, then the shorter `up_to`, then the later start, then the one listed first. An exact
value is more specific than a prefix, a longer prefix than a shorter one, and anything than `*`; of
positions, a geohash is more specific than a box, and a smaller box than a larger one.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from streams.model.instant import Instant
from streams.model.usage import UsageRecord
from streams.model.zone_unit import ANYTHING, ZoneRow, ZoneUnit
from streams.position import Box, Position, position_of
from streams.rate.prefixes import Finder, PrefixTable, Way

T = TypeVar("T")
Specificity = tuple[int, Decimal]
"""Larger is more specific: a kind or length of the pattern, then the smallness of a box."""
Rank = tuple[Specificity, Specificity, Decimal, Instant, int]

_BOX = 1
_NO_AREA = Decimal(0)
_ANY: Specificity = (0, _NO_AREA)
_EXACT: Specificity = (1 << 20, _NO_AREA)
_FARTHEST = Decimal("Infinity")


class ZoneTable:
    """A zone unit compiled to dictionaries.

    `zone_for` is the zone of a record, or the empty string where no row fits and there is no
    default. Most units go by one value and dates alone; theirs is a `PrefixTable`'s.
    """

    __slots__ = ("_default", "_distance", "_groups", "_status", "attribute", "id", "zone_for")

    def __init__(self, unit: ZoneUnit) -> None:
        active = unit.status == "ACTIVE"
        rows = unit.rows if active else ()
        self.id = unit.id
        self.attribute = unit.destination[0] if unit.destination else unit.distance
        self._status = unit.status
        self._default = unit.default if active else ""
        self._distance = unit.distance
        simple = _is_simple(unit)
        self._groups = [] if simple else _group(unit, rows)
        self.zone_for: Finder = self._best_row
        if simple:
            self.zone_for = _prefixes(rows, self._default).finder(self.attribute)

    def _best_row(self, record: UsageRecord) -> str:
        attributes, at = record.attributes, record.occurred_at
        distance = self._distance_of(record)
        best: tuple[Rank, str] | None = None
        for group in self._groups:
            found = group.find(attributes, at, distance)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        return self._default if best is None else best[1]

    def why_none(self, record: UsageRecord) -> str:
        """One sentence on a record without a zone, with the values seen."""
        if self._status != "ACTIVE":
            return f"zone unit {self.id} is {self._status}"
        names = dict.fromkeys((self.attribute, *(n for g in self._groups for n in g.fields)))
        seen = ", ".join(f"{name} {record.attributes.get(name, '')!r}" for name in names)
        distance = self._distance_of(record)
        if distance is not None:
            seen += f", distance {distance}"
        return f"{seen} has no zone in {self.id}"

    def _distance_of(self, record: UsageRecord) -> Decimal | None:
        name = self._distance
        if not name:
            return None
        text = record.attributes.get(name)
        if text is not None:
            try:
                distance = Decimal(text)
            except InvalidOperation:
                return None
            return distance if distance.is_finite() else None
        for usage in record.usages:
            if usage.unit == name:
                return Decimal(usage.quantity)
        return None


class _Row(NamedTuple):
    """A row below its two patterns, ordered by what wins among them."""

    reach: Decimal
    later: Instant
    number: int
    row: ZoneRow


class _Index(Generic[T]):
    """Values by pattern: exact ones, prefixes by length, boxes by size, and `*`."""

    __slots__ = ("_boxes", "_exact", "_prefixes", "lengths")

    def __init__(self) -> None:
        self._exact: dict[str, T] = {}
        self._prefixes: dict[str, T] = {}
        self._boxes: list[tuple[Decimal, str, Box, T]] = []
        self.lengths: list[int] = []

    def put(self, pattern: str, entry: T) -> T:
        """The entry of a pattern: the one it has, or `entry`."""
        if pattern.endswith(ANYTHING):
            prefix = pattern[:-1]
            if len(prefix) not in self.lengths:
                self.lengths.append(len(prefix))
                self.lengths.sort(reverse=True)
            return self._prefixes.setdefault(prefix, entry)
        if "," not in pattern:
            return self._exact.setdefault(pattern, entry)
        for _, name, _, known in self._boxes:
            if name == pattern:
                return known
        box = Box.of(pattern)
        insort(self._boxes, (box.size, pattern, box, entry), key=itemgetter(0))
        return entry

    def fitting(self, value: str, position: Position | None) -> Iterator[tuple[Specificity, T]]:
        """What fits, the most specific first: boxes of one size are equally specific.

        With a position, `value` is its geohash.
        """
        entry = self._exact.get(value)
        if entry is not None:
            yield _EXACT, entry
        size = len(value)
        for length in self.lengths:
            if 0 < length <= size:
                entry = self._prefixes.get(value[:length])
                if entry is not None:
                    yield (_BOX + length, _NO_AREA), entry
        if position is not None:
            for area, _, box, inside in self._boxes:
                if box.holds(position):
                    yield (_BOX, -area), inside
        entry = self._prefixes.get("")
        if entry is not None:
            yield _ANY, entry


class _Group:
    """The rows that ask the same fields."""

    __slots__ = ("_destination", "_geographic", "_index", "_origin", "fields")

    def __init__(
        self, origin: tuple[str, ...], destination: tuple[str, ...], *, geographic: bool
    ) -> None:
        self._origin = origin
        self._destination = destination
        self._geographic = geographic
        self._index: _Index[_Index[list[_Row]]] = _Index()
        self.fields = (*destination, *origin)

    def add(self, row: ZoneRow, number: int) -> None:
        by_origin = self._index.put(row.destination, _Index())
        ways = by_origin.put(row.origin, [])
        reach = _FARTHEST if row.up_to is None else row.up_to
        insort(ways, _Row(reach, -row.start, number, row))

    def find(
        self, attributes: dict[str, str], at: Instant, distance: Decimal | None
    ) -> tuple[Rank, str] | None:
        """The best row of the group with its rank."""
        value, place = self._value(self._destination, attributes)
        origin: tuple[str, Position | None] | None = None
        best: tuple[Rank, str] | None = None
        for destination_rank, by_origin in self._index.fitting(value, place):
            if best is not None and destination_rank < best[0][0]:
                break
            if origin is None:
                origin = self._value(self._origin, attributes)
            for origin_rank, ways in by_origin.fitting(*origin):
                if best is not None and (destination_rank, origin_rank) < best[0][:2]:
                    break
                way = _first_way(ways, at, distance)
                if way is None:
                    continue
                rank = (destination_rank, origin_rank, -way.reach, way.row.start, -way.number)
                if best is None or rank > best[0]:
                    best = rank, way.row.zone
        return best

    def _value(
        self, fields: tuple[str, ...], attributes: dict[str, str]
    ) -> tuple[str, Position | None]:
        value = ",".join([attributes.get(field, "") for field in fields])
        if not self._geographic:
            return value, None
        position = position_of(value)
        return ("", None) if position is None else (position.geohash, position)


def _first_way(ways: Iterable[_Row], at: Instant, distance: Decimal | None) -> _Row | None:
    """The first row that holds at the time and reaches so far."""
    for way in ways:
        row = way.row
        if row.start <= at < row.end and _reaches(row, distance):
            return way
    return None


def _reaches(row: ZoneRow, distance: Decimal | None) -> bool:
    return row.up_to is None or (distance is not None and distance <= row.up_to)


def _is_simple(unit: ZoneUnit) -> bool:
    """True where rows ask for nothing but the unit's one value and the time."""
    return (
        unit.type == "origin_destination"
        and len(unit.destination) == 1
        and all(
            row.origin == ANYTHING and row.up_to is None and not row.destination_field
            for row in unit.rows
        )
    )


def _prefixes(rows: tuple[ZoneRow, ...], default: str) -> PrefixTable:
    ways = [(row.destination, Way(row.start, row.end, row.zone)) for row in rows]
    return PrefixTable(
        [(pattern[:-1], way) for pattern, way in ways if pattern.endswith(ANYTHING)],
        [(pattern, way) for pattern, way in ways if not pattern.endswith(ANYTHING)],
        default,
    )


def _group(unit: ZoneUnit, rows: tuple[ZoneRow, ...]) -> list[_Group]:
    geographic = unit.type == "geographic"
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], _Group] = {}
    for number, row in enumerate(rows):
        origin = (row.origin_field,) if row.origin_field else unit.origin
        destination = (row.destination_field,) if row.destination_field else unit.destination
        group = groups.get((origin, destination))
        if group is None:
            group = _Group(origin, destination, geographic=geographic)
            groups[origin, destination] = group
        group.add(row, number)
    return list(groups.values())
