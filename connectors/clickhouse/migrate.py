"""Brings a database to the newest tables: numbered files, each applied once and noted.

A file's statements can each be repeated (`IF NOT EXISTS`), so that a migration that died halfway is
simply run again. A file that was applied is never edited: that is found by its digest.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from connectors.clickhouse.client import Database
from connectors.errors import Refused
from connectors.settings import ClickHouseSettings

FOLDER = Path(__file__).parents[2] / "infra" / "clickhouse" / "migrations"

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_DATABASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_NOTES = """
CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32,
    name String,
    digest String
)
ENGINE = ReplacingMergeTree
ORDER BY number
"""


class Migration(NamedTuple):
    """One numbered file and its statements."""

    number: int
    name: str
    digest: str
    statements: tuple[str, ...]


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations in order. Raises Refused for a wrong name, or a number that is there twice.

    A number may be left out: each stands by its own in what was applied.
    """
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        last = found[-1].number if found else 0
        if match is None or int(match[1]) <= last:
            raise Refused(
                f"migration {path.name}: expected a name such as {last + 1:04d}_<name>.sql"
            )
        text = path.read_text()
        digest = sha256(text.encode()).hexdigest()
        statements = tuple(
            statement for part in _COMMENT.sub("", text).split(";") if (statement := part.strip())
        )
        found.append(Migration(int(match[1]), path.stem, digest, statements))
    return found


def migrate(settings: ClickHouseSettings, *, folder: Path = FOLDER) -> list[str]:
    """Make the database and its tables; the names of the migrations that were applied now.

    Raises Unavailable, and Refused where an applied file was edited.
    """
    if not _DATABASE.fullmatch(settings.database):
        raise Refused(f"database name {settings.database!r}: letters, digits and _ only")
    with Database(settings, database="system") as server:
        server.command(f"CREATE DATABASE IF NOT EXISTS {settings.database} ENGINE = Atomic")
    with Database(settings) as database:
        database.command(_NOTES)
        applied = dict(database.query("SELECT number, digest FROM migrations FINAL"))
        return [
            migration.name
            for migration in migrations(folder)
            if _apply(database, migration, applied.get(migration.number))
        ]


def _apply(database: Database, migration: Migration, applied: str | None) -> bool:
    if applied is not None:
        if applied != migration.digest:
            raise Refused(f"migration {migration.name} was edited after it had been applied")
        return False
    for statement in migration.statements:
        database.command(statement)
    note = {
        "number": pa.array([migration.number], pa.uint32()),
        "name": [migration.name],
        "digest": [migration.digest],
    }
    database.insert("migrations", pa.table(note))
    return True
