"""Field paths."""

from typing import Any

import pytest

from streams.plain.fields import compile_path, is_path

RECORD = {"a": {"b": {"c": 1}, "x.y": 2, "none": None}, "list": [1], "text": "t"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("text", "t"),
        ("a.b.c", 1),
        ('a["x.y"]', 2),
        ("a['b'].c", 1),
        ('["text"]', "t"),
        ("a.none", None),
        ("a.gone.c", None),
        ("text.b", None),
        ("list.b", None),
        ("a.none | a.gone | text", "t"),
        ("a.none | a.gone", None),
    ],
)
def test_path_finds_its_place_or_nothing(path: str, expected: Any) -> None:
    assert is_path(path)
    assert compile_path(path)(RECORD) == expected


@pytest.mark.parametrize("path", ["", ".a", "a.", "a..b", "a[0]", 'a["', "a b", "1a", "a |", "a[]"])
def test_what_is_no_path_is_told(path: str) -> None:
    assert not is_path(path)
