"""docs/reference/tables.md"""

import re
from collections.abc import Iterator

from connectors.clickhouse.migrate import FOLDER
from infra.reference.columns import MEANINGS
from infra.reference.table import table

_INTRODUCTION = """# Tables

The tables and views of ClickHouse, out of the migrations. Every table is a `ReplacingMergeTree`:
its key comes from a row's cause, so that an insert may be repeated. Read tables with `FINAL`; views
do so themselves. A key with a version in brackets keeps the row whose version is highest. Amounts
and quantities are `Decimal(38, 12)`, times are UTC.

"""
_CREATE = re.compile(
    r"((?:^-- [^\n]*\n)+)^CREATE (TABLE|VIEW) IF NOT EXISTS (\w+)(.*?);$", re.MULTILINE | re.DOTALL
)
_COLUMN = re.compile(r"^    (\w+) (\S.*?)(?: CODEC\(.*\))?,?$", re.MULTILINE)
_NESTED = re.compile(
    r"^    (\w+) Nested\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\),?$", re.MULTILINE
)
_ALTER = re.compile(r"^ALTER TABLE (\w+)\n(.*?);$", re.MULTILINE | re.DOTALL)
_ADDED = re.compile(r"^    ADD COLUMN IF NOT EXISTS ([\w.]+) (.+?),?$", re.MULTILINE)
_NEW_KEY = re.compile(r"MODIFY ORDER BY \((.*?)\)$", re.DOTALL | re.MULTILINE)
_PART = re.compile(r"(\w+) ((?:[A-Z]\w+)(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?)")
_KEY = re.compile(
    r"ReplacingMergeTree(?:\((\w+)\))?.*?ORDER BY \((.*?)\)$", re.DOTALL | re.MULTILINE
)


def page() -> str:
    """Return each table with its key and columns, each view with what it shows."""
    return _INTRODUCTION + "\n".join(_sections())


def columns() -> set[str]:
    """Return the names of all columns, those inside arrays as `array.name`."""
    return {name for table, body in _tables() for name, _ in _columns(table, body)}


def _statements() -> Iterator[tuple[str, str, str, str]]:
    for path in sorted(FOLDER.glob("*.sql")):
        for comment, kind, name, body in _CREATE.findall(path.read_text()):
            text = " ".join(line.removeprefix("-- ") for line in comment.splitlines())
            yield kind, name, text, body


def _tables() -> Iterator[tuple[str, str]]:
    for kind, name, _, body in _statements():
        if kind == "TABLE":
            yield name, body


def _sections() -> Iterator[str]:
    for kind, name, text, body in _statements():
        title = f"## {name}\n\n{text}"
        if kind == "VIEW":
            yield f"{title} A view.\n"
            continue
        copied = re.match(r" AS (\w+)", body)
        found = _KEY.search(body)
        assert found is not None, name
        version = f" [`{found[1]}`]" if found[1] else ""
        key = ", ".join(f"`{part}`" for part in _key_of(name, found[2]))
        rows = [(f"`{at}`", f"`{kind}`", MEANINGS.get(at, "")) for at, kind in _columns(name, body)]
        below = f"Columns as of `{copied[1]}`.\n" if copied else table(_HEAD, rows)
        yield f"{title}\n\nKey: {key}{version}\n\n{below}"


_HEAD = ("column", "type", "meaning")


def _changes(table: str) -> Iterator[str]:
    """What later migrations change of a table."""
    for path in sorted(FOLDER.glob("*.sql")):
        for name, change in _ALTER.findall(path.read_text()):
            if name == table:
                yield change


def _key_of(table: str, key: str) -> list[str]:
    for change in _changes(table):
        found = _NEW_KEY.search(change)
        key = found[1] if found else key
    return key.strip().replace("\n", " ").replace("  ", "").split(", ")


def _columns(table: str, body: str) -> Iterator[tuple[str, str]]:
    yield from _made(body)
    for change in _changes(table):
        yield from _ADDED.findall(change)


def _made(body: str) -> Iterator[tuple[str, str]]:
    inside = body.partition("ENGINE")[0]
    nested = dict(_NESTED.findall(inside))
    flat = _NESTED.sub(lambda match: f"    {match[1]} Nested,", inside)
    for name, kind in _COLUMN.findall(flat):
        if name in nested:
            for part, part_kind in _PART.findall(nested[name]):
                yield f"{name}.{part}", f"Array({part_kind})"
        else:
            yield name, kind
