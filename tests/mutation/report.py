"""The table at the end, and the page of survivors with the reasons that people gave.

A page's row is kept by its file, function and words, not by its line; a reason stays with its row
as long as the row survives. A run of a part leaves the rows of the other files alone.
"""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests.mutation.changes import Change, Key
from tests.mutation.run import Tried
from tests.mutation.trial import End

SURVIVORS = Path(__file__).with_name("survivors.md")
KILLED_MIN = 90
_TITLE = """# Changes of the rating core that no test notices

Written by `make mutation`, which keeps the last column. `why` says what makes a change harmless; a
row without it is a test that is missing. Of a file that was tried by sample the page has what the
sample met.

| file | line | function | stands there | changed to | why |
| --- | ---: | --- | --- | --- | --- |
"""
_Row = tuple[str, int, str, str, str, str]


def summary(ended: list[Tried]) -> tuple[bool, list[str]]:
    """Whether enough was killed, and the table by file with the survivors below."""
    by_file: dict[str, list[End]] = defaultdict(list)
    for change, end in ended:
        by_file[change.file].append(end)
    width = max([len(name) for name in by_file], default=4)
    heads = ("changes", "killed", "survived", "timed out", "killed %")
    lines = [f"{'file':{width}} " + " ".join(f"{head:>9}" for head in heads)]
    lines += [_counts(name, ends, width) for name, ends in sorted(by_file.items())]
    every = [end for _, end in ended]
    lines.append(_counts("all", every, width))
    lines += [f"survived: {change}" for change, end in ended if end is End.SURVIVED]
    return _percent(every) >= KILLED_MIN, lines


def _counts(name: str, ends: list[End], width: int) -> str:
    counts = (len(ends), *(ends.count(end) for end in (End.KILLED, End.SURVIVED, End.TIMED_OUT)))
    shown = " ".join(f"{count:9}" for count in counts)
    return f"{name:{width}} {shown} {_percent(ends):9.1f}"


def _percent(ends: list[End]) -> float:
    """A change that made a test run for ever has been noticed."""
    return 100 * (1 - ends.count(End.SURVIVED) / len(ends)) if ends else 100.0


def write_survivors(page: Path, ended: list[Tried]) -> None:
    """Renew the rows of the files that were tried."""
    rows = _read(page)
    reasons = {_key_of(row): row[5] for row in rows}
    tried_files = {each.change.file for each in ended}
    kept = [row for row in rows if row[0] not in tried_files]
    for change, end in ended:
        if end is End.SURVIVED:
            cells = _cells(change.key)
            kept.append((cells[0], change.first_line, *cells[1:], reasons.get(cells, "")))
    text = "".join("| " + " | ".join(str(cell) for cell in row) + " |\n" for row in sorted(kept))
    page.write_text(_TITLE + text)


def _cells(key: Key) -> Key:
    """A key as a row tells it."""
    file, function, was, now = key
    return file, function, *(f"`{text.replace('|', '¦')}`" for text in (was, now))  # type: ignore[return-value]


def survived_before(page: Path) -> Callable[[Change], bool]:
    """Whether the page lists a change."""
    listed = {_key_of(row) for row in _read(page)}
    return lambda change: _cells(change.key) in listed


def _key_of(row: _Row) -> Key:
    return row[0], *row[2:5]


def _read(page: Path) -> list[_Row]:
    if not page.exists():
        return []
    rows: list[_Row] = []
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 6 and cells[1].isdigit():
            rows.append((cells[0], int(cells[1]), *cells[2:]))
    return rows
