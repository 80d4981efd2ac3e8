"""Scenario files to scenarios with their catalogs, or every problem with its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from yaml.nodes import Node

from connectors.catalog.account_prices import check_account_prices
from connectors.catalog.load import CUSTOM, check_sheets
from connectors.catalog.nodes import compose_documents
from connectors.catalog.problem import CatalogProblem, Place, ProblemBook
from connectors.catalog.read import NodeReader, kind_of
from connectors.catalog.sheets import Sheets, read_folder, replace_sections
from infra.scenario.check import check_scenario
from infra.scenario.form import ScenarioForm
from streams.model.catalog import Catalog

BOUNDARIES: Final = "boundaries.yaml"
"""The file of a folder that says which boundaries its scenarios are to show; no scenario itself."""
_SCENARIO: Final = kind_of(ScenarioForm)
_TENANT: Final = "scenario"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be run: where it stands, what it says, by which catalog."""

    path: Path
    line: int
    form: ScenarioForm
    catalog: Catalog


def read_scenarios(paths: list[Path]) -> tuple[list[Scenario], list[CatalogProblem]]:
    """All scenarios of files and folders, in order of their names."""
    scenarios: list[Scenario] = []
    problems: list[CatalogProblem] = []
    for path in _files(paths):
        book = ProblemBook(path.parent)
        for number, node in enumerate(compose_documents(path, book)):
            scenario = _read(path, number, node, book)
            if scenario is not None:
                scenarios.append(scenario)
        problems += sorted(
            CatalogProblem(str(path), each.line, each.pointer, each.message)
            if each.file == path.name
            else each
            for each in book.problems
        )
    return scenarios, problems


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*.yaml")) if each.name != BOUNDARIES)
        else:
            yield path


def _read(path: Path, number: int, node: Node, book: ProblemBook) -> Scenario | None:
    place = Place(path.name, f"/{number}" if number else "")
    before = len(book.problems)
    form: ScenarioForm = NodeReader(book, CUSTOM).read(node, _SCENARIO, place)
    check_scenario(form, place, book)
    sheets = _sheets(path, form, place, book)
    if len(book.problems) > before or sheets is None:
        return None
    catalog = check_sheets(sheets, book)
    if catalog is None:
        return None
    for at, step in enumerate(form.when):
        if step.prices is not None:
            where = place.at("when", at, "prices")
            check_account_prices(step.prices, where, catalog, book)
    if len(book.problems) > before:
        return None
    return Scenario(path, node.start_mark.line + 1, form, catalog)


def _sheets(path: Path, form: ScenarioForm, place: Place, book: ProblemBook) -> Sheets | None:
    sheets = Sheets()
    if form.use is not None:
        folder = path.parent / form.use
        if not folder.is_dir():
            book.report(place.at("use"), f"there is no folder {folder}")
            return None
        sheets = read_folder(folder, book, CUSTOM)
    elif form.catalog is None:
        book.report(place, '"use" or "catalog" is missing: by which catalog does it run?')
        return None
    if form.catalog is not None:
        inline = form.catalog
        if inline.tenant is None and form.use is None:
            inline = replace(inline, tenant=_TENANT)
        replace_sections(sheets, inline, place.at("catalog"), book)
    return sheets
