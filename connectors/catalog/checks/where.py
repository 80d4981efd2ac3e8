"""Zone units: is each row a pattern, does it find a zone of its own, at one time only once."""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from connectors.catalog.form import UsageTypeForm
from connectors.catalog.forms.where import ZoneRowForm, ZoneUnitForm
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.resolution.where import zone_row
from connectors.catalog.sheets import Sheets
from streams.model.zone_unit import ANYTHING, ZoneRow

_GEOHASH = frozenset("0123456789bcdefghjkmnpqrstuvwxyz")
_GEOHASH_MAX = 12
_SHOWN_MAX = 20
"""Of the mistakes of a file of rows, so many are told."""


def check_zone_unit(unit: ZoneUnitForm, place: Place, sheets: Sheets, book: ProblemBook) -> None:
    """Report rows that no value fits, that change nothing, or that contradict another one."""
    _check_fields(unit, place, book)
    if not unit.rows and not unit.rows_file:
        book.report(place.at("rows"), "expected at least one row")
    if isinstance(unit.rows, dict):
        _check_prefixes(unit, unit.rows, place, book)
    else:
        for number, row in enumerate(unit.rows):
            _check_row(row, unit, place.at("rows", number), book)
    for message in _file_problems(unit, sheets.rows_of(unit)):
        book.report(place.at("rows_file"), message)
    _check_overlaps(unit, place, sheets, book)


def fields_of(unit: ZoneUnitForm, usage_type: UsageTypeForm) -> Iterator[tuple[str, set[str]]]:
    """The fields that a zone unit goes by, each with what it may be of a usage type."""
    attributes = set(usage_type.attributes)
    names = dict.fromkeys((unit.attribute, *unit.origin, *unit.destination))
    if not isinstance(unit.rows, dict):
        for row in unit.rows:
            names |= dict.fromkeys((row.origin_field, row.destination_field))
    yield from ((name, attributes) for name in names if name)
    if unit.distance:
        yield unit.distance, attributes | set(usage_type.units)


def _check_fields(unit: ZoneUnitForm, place: Place, book: ProblemBook) -> None:
    geographic = unit.type == "geographic"
    if unit.attribute and unit.destination:
        book.report(place.at("attribute"), 'stands beside "destination": expected either')
    if isinstance(unit.rows, dict) and unit.rows and (geographic or not unit.attribute):
        book.report(
            place.at("rows"),
            'a mapping of prefixes needs an "attribute" and type origin_destination;'
            " expected a list of rows",
        )
    if isinstance(unit.rows, dict) and ANYTHING in unit.rows and unit.default:
        book.report(place.at("default"), f'stands beside the row "{ANYTHING}": expected either')
    if unit.distance and not geographic:
        book.report(place.at("distance"), "stands only with type geographic")
    for word in ("origin", "destination"):
        count = len(getattr(unit, word))
        if count > (2 if geographic else 1):
            expected = "one attribute, or two of latitude and longitude"
            expected = expected if geographic else "one attribute"
            book.report(place.at(word), f"expected {expected}, found {count}")


def _check_prefixes(
    unit: ZoneUnitForm, rows: dict[str, str], place: Place, book: ProblemBook
) -> None:
    default = unit.default or rows.get(ANYTHING)
    for prefix, zone in rows.items():
        if prefix == ANYTHING:
            continue
        row = place.at("rows", prefix)
        if not prefix or ANYTHING in prefix or prefix != prefix.strip():
            book.report(row, f'{prefix!r} is no prefix: expected its first characters, or "*"')
            continue
        shorter = next(
            (prefix[:size] for size in range(len(prefix) - 1, 0, -1) if prefix[:size] in rows),
            ANYTHING,
        )
        if rows.get(shorter, default) == zone:
            book.report(row, f'row changes nothing: "{shorter}" already leads to {zone}')


def _check_row(row: ZoneRowForm, unit: ZoneUnitForm, place: Place, book: ProblemBook) -> None:
    geographic = unit.type == "geographic"
    for word, field in (("origin", row.origin_field), ("destination", row.destination_field)):
        pattern: str = getattr(row, word)
        message = pattern_problem(pattern, geographic=geographic)
        if message:
            book.report(place.at(word), message)
        elif pattern != ANYTHING and not field and not _has_field(unit, word):
            book.report(place.at(word), f'needs "{word}" at the unit, or "{word}_field" here')
    if row.up_to is not None and not unit.distance:
        book.report(place.at("up_to"), 'needs "distance" at the unit')
    if row.up_to is not None and row.up_to < 0:
        book.report(place.at("up_to"), f"expected 0 or more, found {row.up_to}")
    dates = [None if text is None else instant_at(text) for text in (row.start, row.end)]
    for word, text, found in zip(("from", "until"), (row.start, row.end), dates, strict=True):
        if text is not None and found is None:
            book.spoil(place.at(word), f'"{text}" is no date: expected one like 2026-01-31')
    if dates[0] is not None and dates[1] is not None and dates[1] <= dates[0]:
        book.report(place.at("until"), f"{row.end} is not after {row.start}")


def _has_field(unit: ZoneUnitForm, word: str) -> bool:
    if word == "destination" and unit.attribute:
        return True
    return bool(getattr(unit, word))


def pattern_problem(pattern: str, *, geographic: bool) -> str:
    """What is wrong with a pattern; empty where nothing is."""
    if pattern == ANYTHING:
        return ""
    if geographic:
        return _area_problem(pattern)
    begin = pattern.removesuffix(ANYTHING)
    if not begin or ANYTHING in begin or begin != begin.strip() or "," in begin:
        return f'{pattern!r} is no pattern: expected "*", a value, or the beginning of one and "*"'
    return ""


def _area_problem(pattern: str) -> str:
    if "," not in pattern:
        geohash = pattern.removesuffix(ANYTHING)
        if geohash != pattern and set(geohash) <= _GEOHASH and len(geohash) <= _GEOHASH_MAX:
            return ""
        return f'{pattern!r} is no area: expected a geohash and "*", or south,west,north,east'
    try:
        south, west, north, east = map(Decimal, pattern.split(","))
    except (ValueError, InvalidOperation):
        return f"{pattern!r} is no box: expected south,west,north,east in degrees"
    if not -90 <= south < north <= 90:
        return f"{pattern!r}: expected -90 <= south < north <= 90"
    if not (-180 <= west <= 180 and -180 <= east <= 180 and west != east):
        return f"{pattern!r}: expected west and east within -180 and 180, and not the same"
    return ""


def _file_problems(unit: ZoneUnitForm, rows: Iterable[ZoneRow]) -> Iterator[str]:
    geographic, told = unit.type == "geographic", 0
    has = {word: _has_field(unit, word) for word in ("origin", "destination")}
    for row in rows:
        message = pattern_problem(row.destination, geographic=geographic)
        message = message or pattern_problem(row.origin, geographic=geographic)
        if not message and row.end <= row.start:
            message = f"row {row.destination} of {row.zone} ends before it begins"
        if not message and row.up_to is not None and not unit.distance:
            message = f'row {row.destination}: "up_to" needs "distance" at the unit'
        if not message and row.destination != ANYTHING and not has["destination"]:
            message = f'row {row.destination} needs "destination" at the unit'
        if not message and row.origin != ANYTHING and not has["origin"]:
            message = f'row {row.destination} from {row.origin} needs "origin" at the unit'
        if message:
            yield message
            told += 1
            if told == _SHOWN_MAX:
                return


def _check_overlaps(unit: ZoneUnitForm, place: Place, sheets: Sheets, book: ProblemBook) -> None:
    """Of rows with the same patterns and distance, at each time only one."""
    spans: dict[tuple[object, ...], list[tuple[ZoneRow, Place]]] = {}
    if not isinstance(unit.rows, dict):
        for number, form in enumerate(unit.rows):
            row = zone_row(form)
            spans.setdefault(_key(row), []).append((row, place.at("rows", number)))
    for row in sheets.rows_of(unit):
        spans.setdefault(_key(row), []).append((row, place.at("rows_file")))
    told = 0
    for same in spans.values():
        if len(same) == 1:
            continue
        same.sort(key=lambda each: each[0].start)
        for (one, _), (other, where) in pairwise(same):
            if other.start < one.end and told < _SHOWN_MAX:
                book.report(
                    where,
                    f"row {other.destination} of {other.zone} overlaps the one of {one.zone}"
                    " with the same patterns: expected dates that leave one at a time",
                )
                told += 1


def _key(row: ZoneRow) -> tuple[object, ...]:
    return row.destination, row.origin, row.up_to, row.origin_field, row.destination_field
