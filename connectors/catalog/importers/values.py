"""Values of foreign tables: dates, amounts, seconds, the names of columns."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from connectors.catalog.importers.folder import ImportProblem, ProblemList, SourceRefused
from connectors.catalog.resolution.dates import instant_at
from streams.model.instant import Instant

_DELIMITERS = (",", ";", "\t", "|")
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}


class Line:
    """One line of a table: its fields by their names, its number, and where mistakes go."""

    __slots__ = ("_problems", "fields", "number")

    def __init__(self, number: int, fields: Mapping[str, str], problems: ProblemList) -> None:
        self.number = number
        self.fields = fields
        self._problems = problems

    def refuse(self, name: str, message: str) -> None:
        """Note a mistake in a field."""
        self._problems.add(self.number, name, self.fields.get(name, ""), message)

    def text(self, name: str) -> str:
        """A field that must have text."""
        value = self.fields.get(name, "")
        if not value:
            self.refuse(name, "expected text, found nothing")
        return value

    def amount(self, name: str, missing: Decimal = Decimal(0)) -> Decimal:
        """A number that is not negative."""
        value = self.fields.get(name, "")
        if not value:
            return missing
        try:
            found = Decimal(value)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or found < 0:
            self.refuse(name, "expected a number of 0 or more")
            return missing
        return found

    def instant(self, name: str) -> Instant | None:
        """A day or an instant; None where the field is empty."""
        value = self.fields.get(name, "")
        found = instant_at(value) if value else None
        if value and found is None:
            self.refuse(name, "expected a date like 2026-01-31")
        return found

    def seconds(self, name: str, missing: Decimal) -> Decimal:
        """A number of seconds, or a number with `s`, `m` or `h`."""
        value = self.fields.get(name, "")
        if not value:
            return missing
        unit = next((word for word in _SECONDS if value.endswith(word)), "")
        try:
            found = Decimal(value.removesuffix(unit)) * _SECONDS.get(unit, Decimal(1))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or found < 0:
            self.refuse(name, "expected seconds such as 60 or 60s")
            return missing
        return found


def read_table(
    path: Path,
    problems: ProblemList,
    *,
    columns: Mapping[str, Sequence[str]],
    required: Sequence[str],
) -> Iterator[Line]:
    """The lines of a CSV file with a header. `columns` are their names with what else they may be
    called; columns of other names are left out. Raises SourceRefused where it is no such file.
    """
    names = {alias: name for name, aliases in columns.items() for alias in (name, *aliases)}
    with _open(path, problems) as file:
        first = file.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        header = [
            names.get(cell.strip().lstrip("#").strip().lower())
            for cell in next(csv.reader([first], delimiter=delimiter), [])
        ]
        for name in required:
            if name not in header:
                called = " or ".join((name, *columns[name]))
                problems.add(1, name, first.strip(), f"the header names no such column: {called}")
        problems.check()
        yield from _lines(file, delimiter, header, problems, above=1)


def line_count(path: Path) -> int:
    """About how many lines a file has, at least one: for telling how far reading is."""
    try:
        with path.open("rb") as file:
            return max(
                1, sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
            )
    except OSError:
        return 1


def read_plain(path: Path, problems: ProblemList, *, columns: Sequence[str]) -> Iterator[Line]:
    """The lines of a CSV file with these columns in this order; `#` begins a comment."""
    with _open(path, problems) as file:
        yield from _lines(file, ",", columns, problems, above=0)


def _lines(
    file: TextIO,
    delimiter: str,
    columns: Sequence[str | None],
    problems: ProblemList,
    *,
    above: int,
) -> Iterator[Line]:
    """The lines by their columns; `above` is how many lines were read before."""
    rows = csv.reader(file, delimiter=delimiter)
    try:
        for row in rows:
            number = rows.line_num + above
            if not any(row) or row[0].startswith("#"):
                continue
            if len(row) != len(columns):
                problems.add(number, "", "", f"expected {len(columns)} fields, found {len(row)}")
                continue
            cells = zip(columns, row, strict=True)
            yield Line(number, {name: cell.strip() for name, cell in cells if name}, problems)
    except UnicodeDecodeError as error:
        raise _unreadable(problems, f"is not UTF-8 text: {error.reason}") from error
    except csv.Error as error:
        raise _unreadable(problems, f"is not CSV: {error}") from error


def _open(path: Path, problems: ProblemList) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise _unreadable(problems, error.strerror or str(error)) from error


def _unreadable(problems: ProblemList, message: str) -> SourceRefused:
    return SourceRefused([*problems.problems, ImportProblem(problems.file, 0, "", "", message)])
