"""CSV files of zone rows beside the YAML of a catalog: a rate deck has a million of them."""

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.resolution.dates import instant_at
from streams.model.instant import BEGINNING, FOREVER, Instant
from streams.model.zone_unit import ANYTHING, ZoneRow

_COLUMNS: Final = ("destination", "prefix", "zone", "origin", "from", "until", "up_to")
_PROBLEMS_MAX: Final = 100
"""After so many problems of one file, the rest of it is not read."""


def read_rows(path: Path, book: ProblemBook) -> tuple[ZoneRow, ...]:
    """The rows of a file with a header; problems go to the book."""
    place = Place(path.name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.DictReader(file, strict=True), place, book)
    except FileNotFoundError:
        book.report(place, "is not in this folder")
    except UnicodeDecodeError as error:
        book.report(place, f"is not UTF-8 text: {error.reason} at byte {error.start}")
    except csv.Error as error:
        book.report(place, f"is not CSV: {error}")
    return ()


def _read(lines: "csv.DictReader[str]", place: Place, book: ProblemBook) -> tuple[ZoneRow, ...]:
    columns = list(lines.fieldnames or ())
    for name in columns:
        if name not in _COLUMNS:
            book.report(place, f'no column "{name}"; there are: {", ".join(_COLUMNS)}')
    if "zone" not in columns or ("prefix" in columns) == ("destination" in columns):
        book.report(place, 'expected a column "zone" and one of "prefix" and "destination"')
    if book.problems:
        return ()
    reader = _RowReader(place, book)
    rows: list[ZoneRow] = []
    for line in lines:
        row = reader.read(line, lines.line_num)
        if row is not None:
            rows.append(row)
        if reader.problems >= _PROBLEMS_MAX:
            break
    return tuple(rows)


class _RowReader:
    """Reads lines; dates repeat, so each is read once."""

    def __init__(self, place: Place, book: ProblemBook) -> None:
        self.problems = 0
        self._place = place
        self._book = book
        self._instants: dict[str, Instant | None] = {}

    def read(self, line: dict[str, str], number: int) -> ZoneRow | None:
        """The row of a line; None where something is wrong, which is reported."""
        before = self.problems
        if None in line or None in line.values():
            self._report(number, "", "has more or fewer fields than the header")
            return None
        prefix = line.get("prefix")
        destination = line["destination"] if prefix is None else prefix + ANYTHING
        if not destination.strip() or destination != destination.strip():
            self._report(number, "destination", f"expected a pattern, found {destination!r}")
        if not line["zone"]:
            self._report(number, "zone", "expected a zone, found nothing")
        row = ZoneRow(
            destination=destination,
            zone=line["zone"],
            origin=line.get("origin") or ANYTHING,
            start=self._instant(line, "from", number, BEGINNING),
            end=self._instant(line, "until", number, FOREVER),
            up_to=self._number(line, number),
        )
        return row if self.problems == before else None

    def _instant(self, line: dict[str, str], name: str, number: int, missing: Instant) -> Instant:
        text = line.get(name)
        if not text:
            return missing
        if text not in self._instants:
            self._instants[text] = instant_at(text)
        found = self._instants[text]
        if found is None:
            self._report(number, name, f"{text!r} is no date: expected one like 2026-01-31")
        return missing if found is None else found

    def _number(self, line: dict[str, str], number: int) -> Decimal | None:
        text = line.get("up_to")
        if not text:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite():
            return found
        self._report(number, "up_to", f"expected a number, found {text!r}")
        return None

    def _report(self, line: int, column: str, message: str) -> None:
        place = self._place.at(line, column) if column else self._place.at(line)
        self._book.know(place, line)
        self._book.report(place, message)
        self.problems += 1
