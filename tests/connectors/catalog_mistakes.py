"""A sound catalog, changed in one place: the mistake is told at its line."""

from pathlib import Path

from connectors.catalog.load import read_catalog
from connectors.catalog.problem import CatalogProblem
from streams.model.catalog import Catalog

Mistake = tuple[str, str, str | None, str]
"""(old, new, where, message): what is changed, and what is told at a line with `where` in it."""


def read(folder: Path, text: str | bytes) -> Catalog | list[CatalogProblem]:
    """The catalog of this text alone."""
    data = text.encode() if isinstance(text, str) else text
    (folder / "catalog.yaml").write_bytes(data)
    return read_catalog(folder)


def check_told(folder: Path, sound: str, mistake: Mistake) -> None:
    """A problem with the message is told at its line, and all of them in their file."""
    old, new, where, message = mistake
    assert sound.count(old) >= 1, old
    text = sound.replace(old, new, 1)
    problems = read(folder, text)
    assert isinstance(problems, list)
    told = [problem for problem in problems if message in problem.message]
    assert told, [str(problem) for problem in problems]
    lines = text.splitlines()
    assert all(problem.file == "catalog.yaml" for problem in problems)
    if where is not None:
        assert where in lines[told[0].line - 1], f"{told[0]}: {lines[told[0].line - 1]}"
