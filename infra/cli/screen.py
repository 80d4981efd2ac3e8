"""What commands print, and the codes they end with."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

import msgspec
from rich.console import Console
from rich.table import Table

console = Console()
"""For people: results."""

errors = Console(stderr=True)
"""For people: problems and progress, so that results can be piped."""


class ExitCode(IntEnum):
    """How a command ended. Scripts rely on these."""

    OK = 0
    FAILED = 1
    """The check failed, or what was asked for is not there."""
    USAGE = 2
    UNAVAILABLE = 3
    """An engine is away."""


def print_table(*columns: str, rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print a table for people, row by row."""
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def print_json(value: object) -> None:
    """Print a value for programs: one JSON document, exact decimals as strings."""
    encoded = msgspec.json.format(msgspec.json.encode(value), indent=2)
    console.print(encoded.decode(), soft_wrap=True, markup=False, highlight=False)
