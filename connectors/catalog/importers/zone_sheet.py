"""Zone sheet: a workbook (xlsx) whose sheets are zone units.

The first row of a sheet names its columns: `destination`, `zone`, and maybe `origin`, `distance`
(kilometres, inclusive), `from`, `until`. Digits alone are a prefix, as `44123*` is; `"44123"` in
quotes is that value alone, `*` is any. A sheet with distances is a geographic unit, whose patterns
are areas.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from connectors.catalog.checks.where import pattern_problem
from connectors.catalog.importers.folder import (
    CatalogFolder,
    ImportOptions,
    ImportProblem,
    NameBook,
    ProblemList,
    Progress,
    SourceRefused,
)
from connectors.catalog.importers.values import Line

COLUMNS: Final = {
    "origin": ("origin", "from number", "caller", "a-party"),
    "destination": ("destination", "prefix", "to number", "called", "b-party"),
    "zone": ("zone", "name"),
    "up_to": ("distance", "up to", "up_to", "km"),
    "from": ("from", "start", "start date", "valid from"),
    "until": ("until", "end", "end date", "valid until"),
}
_QUOTES: Final = '""'
_NAMES: Final = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}


def import_zone_sheet(source: Path, options: ImportOptions, progress: Progress) -> CatalogFolder:
    """The catalog of a workbook. Raises SourceRefused."""
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError) as error:
        message = f"is no workbook (xlsx): {error}"
        raise SourceRefused([ImportProblem(source.name, 0, "", "", message)]) from error
    folder, names = CatalogFolder(), NameBook()
    units: list[dict[str, Any]] = []
    attributes: dict[str, None] = {}
    problems: list[ImportProblem] = []
    sheets = list(book.worksheets)
    for number, sheet in enumerate(sheets):
        found = ProblemList(f"{source.name}[{sheet.title}]")
        unit = _unit(sheet, names.id_of(sheet.title), folder, found)
        problems += found.problems
        units.append(unit)
        fields = (*unit.get("origin", ()), *unit["destination"], unit.get("distance"))
        attributes |= dict.fromkeys(field for field in fields if field)
        progress(number + 1, len(sheets))
    if problems:
        raise SourceRefused(sorted(problems))
    folder.put_yaml(
        "catalog.yaml",
        {
            "tenant": options.tenant,
            "usage_types": [{"id": "usage", "units": ["s"], "attributes": list(attributes)}],
            "zone_units": units,
        },
        comment=f"Imported from zone sheet {source.name}.",
    )
    return folder


def _unit(sheet: Any, name: str, folder: CatalogFolder, problems: ProblemList) -> dict[str, Any]:
    rows = sheet.iter_rows(values_only=True)
    header = [_NAMES.get(_text(cell).lower()) for cell in next(rows, ())]
    for word in ("destination", "zone"):
        if word not in header:
            problems.add(1, word, "", f"the first row names no such column: {COLUMNS[word]}")
    geographic = "up_to" in header
    unit: dict[str, Any] = {"id": name, "name": sheet.title}
    if geographic:
        unit |= {"type": "geographic", "distance": "distance_km"}
    if "origin" in header:
        unit["origin"] = ["origin_position" if geographic else "caller"]
    unit["destination"] = ["destination_position" if geographic else "called"]
    if not problems.problems:
        found = list(_rows(rows, header, problems, geographic=geographic))
        file = f"{name}.csv"
        columns = ("destination", "zone", "origin", "from", "until", "up_to")
        folder.put_rows(file, columns, found)
        unit["rows_file"] = file
        if not found and not problems.problems:
            problems.add(2, "", "", "no row below the header")
    return unit


def _rows(
    rows: Iterator[tuple[Any, ...]],
    header: list[str | None],
    problems: ProblemList,
    *,
    geographic: bool,
) -> Iterator[tuple[str, ...]]:
    zones = NameBook()
    for number, cells in enumerate(rows, start=2):
        texts = [_text(cell) for cell in cells]
        if not any(texts):
            continue
        line = Line(number, {n: t for n, t in zip(header, texts, strict=False) if n}, problems)
        patterns = []
        for word in ("destination", "origin"):
            pattern = _pattern(line.fields.get(word, ""), geographic=geographic)
            message = pattern_problem(pattern, geographic=geographic)
            if message:
                line.refuse(word, message)
            patterns.append(pattern)
        start, end = line.instant("from"), line.instant("until")
        if start is not None and end is not None and end <= start:
            line.refuse("until", "expected a date after `from`")
        up_to = "" if not line.fields.get("up_to") else str(line.amount("up_to"))
        dates = (line.fields.get("from", ""), line.fields.get("until", ""))
        yield patterns[0], zones.id_of(line.text("zone")), patterns[1], *dates, up_to


def _pattern(text: str, *, geographic: bool) -> str:
    if not text or text == "*":
        return "*"
    if geographic:
        return text if "," in text or text.endswith("*") else text + "*"
    if len(text) > len(_QUOTES) and text.startswith('"') and text.endswith('"'):
        return text.strip('"')
    return text if text.endswith("*") else text + "*"


def _text(cell: object) -> str:
    """A cell as it is shown: whole numbers without a point, days as ISO dates."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else f"{cell.isoformat()}Z"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        found = Decimal(str(cell))
        return format(found.quantize(Decimal(1)) if found == found.to_integral() else found, "f")
    return str(cell).strip()
