"""Habits that reviewers would otherwise have to ask for."""

import ast
import re

from tests.tidy.source import PACKAGES, Source, sources

OURS = sources(*PACKAGES)
EVERYTHING = sources(*PACKAGES, "tests")

VAGUE = {"manager", "helper", "helpers", "util", "utils", "handler", "handlers", "misc"}
VAGUE_VERBS = {"process", "handle", "do"}
NAMED_BY_HTTPX = {"handle_request", "handle_async_request"}
FOR_TESTS_ONLY = {"mock", "stub", "fake", "dummy"}


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def _names(source: Source) -> list[str]:
    defined = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    stem = source.path.rsplit("/", 1)[-1].removesuffix(".py")
    return [stem, *(node.name for node in ast.walk(source.tree) if isinstance(node, defined))]


def test_names_say_what_a_thing_is() -> None:
    vague = [
        f"{source.path}: {name}"
        for source in OURS
        for name in _names(source)
        if VAGUE & set(_words(name))
    ]
    assert not vague


def test_functions_say_what_they_do() -> None:
    vague = [
        f"{source.where(function)} {function.name}"
        for source in OURS
        for function in source.functions()
        if _words(function.name)[0] in VAGUE_VERBS and function.name not in NAMED_BY_HTTPX
    ]
    assert not vague


def test_nothing_pretends_outside_tests() -> None:
    pretenders = [
        f"{source.path}: {name}"
        for source in OURS
        for name in _names(source)
        if FOR_TESTS_ONLY & set(_words(name))
    ]
    assert not pretenders


def test_no_notes_to_self() -> None:
    note = re.compile(
        r"\b(" + "|".join(["FIX" + "ME", "TO" + "DO", "XX" + "X", "HA" + "CK"]) + r")\b"
    )
    assert not [s.path for s in EVERYTHING if note.search(s.text)]


def test_imports_stand_at_the_top() -> None:
    hidden = [
        source.where(node)
        for source in OURS
        for function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not hidden


def test_a_broad_except_raises_again_passes_the_error_on_or_says_why_not() -> None:
    silent = [
        source.where(node)
        for source in OURS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _carries_on(node)
        if "#" not in source.text.splitlines()[node.lineno - 1]
    ]
    assert not silent


def _carries_on(node: ast.ExceptHandler) -> bool:
    inside = [inner for statement in node.body for inner in ast.walk(statement)]
    return any(
        isinstance(inner, ast.Raise) or (isinstance(inner, ast.Name) and inner.id == node.name)
        for inner in inside
    )


def _is_broad(node: ast.ExceptHandler) -> bool:
    caught = node.type
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(k, ast.Name) and k.id in ("Exception", "BaseException") for k in kinds)
