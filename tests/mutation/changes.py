"""Every small change of a file that its tests should notice, one at a time.

Only what runs when a function is called is changed: a table or a default of a module is data that a
type checker or a single wrong result shows. What a type checker refuses is not tried either.
"""

import ast
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

from tests.mutation.operators import Replacement, replacements

Holder = ast.AST | list[ast.AST]
Key = tuple[str, str, str, str]
"""A change by file, function, what stood there and what stands there now."""


class Change(NamedTuple):
    """A change of one place: where, what stood there, what stands there now, the module's code."""

    file: str
    first_line: int
    last_line: int
    scope: str
    before: str
    after: str
    code: CodeType

    @property
    def key(self) -> Key:
        """What stays the same when lines above are added or removed."""
        return self.file, self.scope, self.before, self.after

    def __str__(self) -> str:
        return f"{self.file}:{self.first_line} {self.scope}: {self.before}  ->  {self.after}"


class _Place(NamedTuple):
    holder: Holder
    key: str | int
    node: ast.AST
    scope: str
    lines: tuple[int, int]


def changes_of(file: str, text: str, filename: str) -> Iterator[Change]:
    """The changes of a file in the order of its lines; `filename` is what its code is known by."""
    tree = ast.parse(text)
    plain = compile(tree, filename, "exec")
    for place in list(_places(tree, "", (1, 1), inside=False)):
        for made in replacements(place.node):
            _put(place, made.node)
            code = compile(ast.fix_missing_locations(tree), filename, "exec")
            _put(place, place.node)
            if code != plain:
                yield _change(file, place, made, code)


def _change(file: str, place: _Place, made: Replacement, code: CodeType) -> Change:
    before = made.before or ast.unparse(place.node)
    first, last = place.lines
    return Change(file, first, last, place.scope, _short(before), _short(made.told), code)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else line[:67] + "..."


def _put(place: _Place, node: ast.AST) -> None:
    if isinstance(place.holder, list):
        assert isinstance(place.key, int)
        place.holder[place.key] = node
    else:
        setattr(place.holder, str(place.key), node)


def _places(node: ast.AST, scope: str, lines: tuple[int, int], *, inside: bool) -> Iterator[_Place]:
    """Everything below a node that runs when a function is called."""
    for holder, key, child in _children(node):
        if _is_told_only(node, key, child):
            continue
        around = _lines(child, lines)
        if inside:
            yield _Place(holder, key, child, scope, around)
        if isinstance(child, ast.FunctionDef):
            name = f"{scope}.{child.name}".lstrip(".")
            body = ast.Module(child.body, [])
            yield from _places(body, name, around, inside=True)
        elif isinstance(child, ast.ClassDef):
            name = f"{scope}.{child.name}".lstrip(".")
            yield from _places(ast.Module(child.body, []), name, around, inside=False)
        else:
            yield from _places(child, scope, around, inside=inside)


def _children(node: ast.AST) -> Iterator[tuple[Holder, str | int, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            for number, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield value, number, each
        elif isinstance(value, ast.AST):
            yield node, name, value


def _lines(node: ast.AST, around: tuple[int, int]) -> tuple[int, int]:
    """The lines that are run when the node is: a statement's own, or of what it asks first."""
    if isinstance(node, ast.If | ast.For | ast.While | ast.With):
        asked = node.items[0].context_expr if isinstance(node, ast.With) else None
        asked = asked or (node.iter if isinstance(node, ast.For) else node.test)  # type: ignore[union-attr]
        return node.lineno, asked.end_lineno or node.lineno
    if isinstance(node, ast.stmt):
        return node.lineno, node.end_lineno or node.lineno
    return around


def _is_told_only(parent: ast.AST, key: str | int, child: ast.AST) -> bool:
    """True for what says something to readers and checkers alone."""
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(child, ast.keyword) and child.arg == "strict":
        return True
    if isinstance(parent, ast.Raise | ast.Assert):
        return True
    return key in ("annotation", "returns", "type_params") or isinstance(child, ast.arguments)
