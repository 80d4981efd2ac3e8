"""Field paths: `data.model`, `data["gen_ai.request.model"]` → a closure that looks it up.

`a | b` is the first of several places that holds anything.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from streams.model.event import PlainRecord
from streams.model.mediation import FieldPath

Getter = Callable[[PlainRecord], Any]
"""Looks one place up; None where it is absent or the way there breaks off."""

_OR: Final = " | "
_STEP: Final = re.compile(r"""(?:^|\.)([^\W\d]\w*)|\[(?:"([^"\\]+)"|'([^'\\]+)')\]""")


def is_path(path: FieldPath) -> bool:
    """True where the text is a field path."""
    return all(_names(each) for each in path.split(_OR))


def first_names(path: FieldPath) -> tuple[str, ...]:
    """The record's own names that a path begins with, one for each of its ways."""
    found = (_names(each) for each in path.split(_OR))
    return tuple(names[0] for names in found if names)


def path_names(path: FieldPath) -> tuple[str, ...]:
    """The names along a path that is a single way."""
    names = _names(path)
    assert names is not None, f"not a field path: {path!r}"
    return names


def _names(path: FieldPath) -> tuple[str, ...] | None:
    if path.startswith("."):
        return None
    names: list[str] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return None
        names.append(step.group(1) or step.group(2) or step.group(3))
        at = step.end()
    return tuple(names) or None


def compile_path(path: FieldPath) -> Getter:
    """The getter of a path; short paths get closures of their own, they are most of the work."""
    ways = path.split(_OR)
    if len(ways) > 1:
        return _compile_ways(tuple(map(compile_path, ways)))
    names = path_names(path)
    match names:
        case (name,):
            return lambda plain: plain.get(name)
        case (outer, inner):

            def get_inner(plain: PlainRecord) -> Any:
                found = plain.get(outer)
                return found.get(inner) if type(found) is dict else None

            return get_inner
        case _:

            def get_deep(plain: PlainRecord) -> Any:
                found: Any = plain
                for name in names:
                    if type(found) is not dict:
                        return None
                    found = found.get(name)
                return found

            return get_deep


def _compile_ways(getters: tuple[Getter, ...]) -> Getter:
    def get_first(plain: PlainRecord) -> Any:
        for get in getters:
            found = get(plain)
            if found is not None:
                return found
        return None

    return get_first
