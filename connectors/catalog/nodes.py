"""YAML text to nodes with line numbers. Nothing is interpreted: a number is still its text."""

from pathlib import Path

import yaml
from yaml.nodes import Node

from connectors.catalog.problem import Place, ProblemBook

_BYTES_MAX = 64 * 1024 * 1024


def compose_file(path: Path, book: ProblemBook) -> Node | None:
    """The root node of a file; None where it is empty or no YAML, which is reported."""
    nodes = compose_documents(path, book)
    if len(nodes) > 1:
        book.know(Place(path.name), nodes[1].start_mark.line + 1)
        book.spoil(Place(path.name), "expected one document, found another one here")
        return None
    return nodes[0] if nodes else None


def compose_documents(path: Path, book: ProblemBook) -> list[Node]:
    """The root nodes of all documents of a file; none where it is no YAML, which is reported."""
    place = Place(path.name)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        book.spoil(place, f"is not UTF-8 text: {error.reason} at byte {error.start}")
        return []
    return compose_text(text, place, book)


def compose_text(text: str, place: Place, book: ProblemBook) -> list[Node]:
    """The root nodes of all documents of a text; none where it is no YAML, which is reported."""
    if len(text) > _BYTES_MAX:
        book.spoil(place, f"is larger than {_BYTES_MAX} bytes")
        return []
    try:
        nodes = yaml.compose_all(text, Loader=yaml.CSafeLoader)
        return [node for node in nodes if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        book.know(place, 1 if mark is None else mark.line + 1)
        book.spoil(place, f"is not YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        book.spoil(place, f"is not YAML: {error}")
    return []
