"""Which side of which boundary is shown by which scenario: a table that wants no empty cell.

`boundaries.yaml` of a folder says by rule and boundary which sides there are; scenarios say in
`shows` which of them they show.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from connectors.catalog.load import CUSTOM
from connectors.catalog.nodes import compose_documents
from connectors.catalog.problem import CatalogProblem, Place, ProblemBook
from connectors.catalog.read import NodeReader, kind_of
from infra.scenario.form import Sides
from infra.scenario.read import BOUNDARIES, Scenario

_SIDES: Final = kind_of(Sides)


class Cell(Struct, frozen=True, order=True):
    """One side of a boundary of a rule, and where it is shown; nowhere: an empty cell."""

    rule: str
    boundary: str
    side: str
    scenarios: tuple[str, ...] = ()


def read_boundaries(paths: list[Path]) -> tuple[Sides, list[CatalogProblem]]:
    """What the files `boundaries.yaml` of folders declare, together; every problem with its line.

    Where two declare the same boundary, it has the sides of both.
    """
    found: Sides = {}
    problems: list[CatalogProblem] = []
    for path in _files(paths):
        book = ProblemBook(path.parent)
        for node in compose_documents(path, book):
            declared: Sides = NodeReader(book, CUSTOM).read(node, _SIDES, Place(path.name))
            for rule, boundaries in declared.items():
                of_rule = found.setdefault(rule, {})
                for boundary, sides in boundaries.items():
                    both = (*of_rule.get(boundary, ()), *sides)
                    of_rule[boundary] = tuple(dict.fromkeys(both))
        problems += (
            CatalogProblem(str(path), each.line, each.pointer, each.message)
            for each in sorted(book.problems)
        )
    return found, problems


def table_of(boundaries: Sides, scenarios: list[Scenario], *, folder: Path) -> list[Cell]:
    """All cells in the order that they are declared in; scenarios as file and line in `folder`."""
    shown: dict[tuple[str, str, str], list[str]] = {}
    for scenario in scenarios:
        for key in _keys(scenario.form.shows):
            shown.setdefault(key, []).append(_name(scenario, folder))
    return [Cell(*key, tuple(shown.get(key, ()))) for key in _keys(boundaries)]


def unknown_sides(boundaries: Sides, scenarios: list[Scenario]) -> list[CatalogProblem]:
    """What scenarios say they show and nobody has declared."""
    declared = set(_keys(boundaries))
    return [
        CatalogProblem(
            str(scenario.path),
            scenario.line,
            f"/shows/{rule}/{boundary}",
            f'no side "{side}" of "{boundary}" of "{rule}" in {BOUNDARIES};'
            f" there are: {_near(boundaries, rule, boundary)}",
        )
        for scenario in scenarios
        for rule, boundary, side in _keys(scenario.form.shows)
        if (rule, boundary, side) not in declared
    ]


def _near(boundaries: Sides, rule: str, boundary: str) -> str:
    of_rule = boundaries.get(rule)
    if of_rule is None:
        return f"rules {', '.join(boundaries)}"
    return ", ".join(of_rule.get(boundary) or (f"boundaries {', '.join(of_rule)}",))


def _keys(sides: Sides) -> Iterator[tuple[str, str, str]]:
    for rule, boundaries in sides.items():
        for boundary, each in boundaries.items():
            for side in each:
                yield rule, boundary, side


def _name(scenario: Scenario, folder: Path) -> str:
    path = scenario.path.resolve()
    inside = path.is_relative_to(folder.resolve())
    return f"{path.relative_to(folder.resolve()) if inside else scenario.path}:{scenario.line}"


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob(BOUNDARIES))
