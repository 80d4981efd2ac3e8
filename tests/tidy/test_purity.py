"""`streams/` computes the same from the same input, everywhere and always."""

import ast
import sys

from tests.tidy.source import Source, sources

PURE = sources("streams")
IMPURE = {"asyncio", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "socket"}
IMPURE |= {"subprocess", "threading", "time", "uuid"}
CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "perf_counter"}


def _imported(source: Source) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_streams_import_the_standard_library_and_msgspec_alone() -> None:
    allowed = (sys.stdlib_module_names - IMPURE) | {"msgspec", "streams"}
    strangers = {s.path: _imported(s) - allowed for s in PURE if _imported(s) - allowed}
    assert not strangers


def test_streams_use_no_float() -> None:
    floats = [
        source.where(node)
        for source in PURE
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and _name(node.func) == "float")
        or (isinstance(node, ast.AnnAssign | ast.arg) and _name(node.annotation) == "float")
    ]
    assert not floats


def test_streams_read_no_clock() -> None:
    clocks = [
        source.where(node)
        for source in PURE
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and _name(node.func.value) in ("datetime", "date", "time")
    ]
    assert not clocks


def _name(node: ast.AST | None) -> str:
    return node.id if isinstance(node, ast.Name) else ""
