"""Load a catalog: a folder of YAML → one checked `Catalog`, or all of its problems at once.

Nothing is ever half loaded. Reading goes on after a mistake, so that the cross-checks tell what is
wrong elsewhere too; a value that could not be read is not complained about twice.
"""

from pathlib import Path

from connectors.catalog.cel import parse_expression
from connectors.catalog.checks import CHECKS
from connectors.catalog.names import names_of
from connectors.catalog.problem import CatalogProblem, ProblemBook
from connectors.catalog.read import ReadText
from connectors.catalog.resolve import catalog_from
from connectors.catalog.sheets import Sheets, read_folder
from connectors.errors import Refused
from streams.expression import Binary
from streams.model.catalog import Catalog

CUSTOM: dict[type, ReadText] = {Binary: parse_expression}
"""Types that are written as text: an expression is known by one of its kinds."""


def read_catalog(folder: Path) -> Catalog | list[CatalogProblem]:
    """The catalog of a folder, or everything that is wrong with it, in the order of the files."""
    book = ProblemBook(folder)
    if not folder.is_dir():
        return [CatalogProblem(str(folder), 1, "", "is no folder")]
    catalog = check_sheets(read_folder(folder, book, CUSTOM), book)
    return sorted(book.problems) if catalog is None else catalog


def check_sheets(sheets: Sheets, book: ProblemBook) -> Catalog | None:
    """The catalog of what was read; None where the book has problems by then."""
    names = names_of(sheets, book)
    for check in CHECKS:
        check(sheets, names, book)
    return None if book.problems else catalog_from(sheets)


def load_catalog(folder: Path) -> Catalog:
    """The catalog of a folder that is expected to be right; Refused with all its problems."""
    found = read_catalog(folder)
    if isinstance(found, Catalog):
        return found
    lines = "\n".join(str(problem) for problem in found)
    raise Refused(f"catalog {folder} has {len(found)} problems:\n{lines}")
