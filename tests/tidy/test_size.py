"""Small files and functions, so that each can be read at once."""

import re

from tests.tidy.source import PACKAGES, sources

LINE_MAX = 100
PRAGMA = re.compile(r"\s+# (type: ignore|noqa).*")
"""A word to a checker is no part of what is read."""
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
ALL = sources(*PACKAGES, "tests")


def test_lines_are_at_most_100_wide() -> None:
    wide = [
        f"{source.path}:{number}"
        for source in ALL
        for number, line in enumerate(source.text.splitlines(), 1)
        if len(PRAGMA.sub("", line)) > LINE_MAX
    ]
    assert not wide


def test_functions_have_at_most_70_lines() -> None:
    long = [
        f"{source.where(function)} {function.name}"
        for source in ALL
        for function in source.functions()
        if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert not long


def test_files_have_at_most_400_lines() -> None:
    assert not [s.path for s in ALL if len(s.text.splitlines()) > FILE_LINES_MAX]
