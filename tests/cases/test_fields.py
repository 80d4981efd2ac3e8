"""A case is judged by its fields: one that nobody knows fails it, one without a word is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases.reader import Case, read_cases
from tests.cases.run import FAILED, NOT_YET, PASSED, Result, run_case

PRICE = {"model": "per_unit", "unit_amount": "2"}


def case_of(given: Any = None, usage: Any = None, expect: Any = None, **more: Any) -> Case:
    words: dict[str, Any] = {
        "place": "here:1",
        "id": "x",
        "feature": "price.per_unit",
        "given": {"price": PRICE} if given is None else given,
        "usage": [{"quantity": "3"}] if usage is None else usage,
        "expect": {"total": "6"} if expect is None else expect,
        "notes": "",
        "unknown": (),
    }
    return Case(**(words | more))


def test_a_case_that_holds_passes(tmp_path: Path) -> None:
    assert run_case(case_of(), tmp_path) == Result(PASSED)


def test_the_amount_is_compared_exactly(tmp_path: Path) -> None:
    result = run_case(case_of(expect={"total": "6.000000000001"}), tmp_path)
    assert result.status == FAILED
    assert "expected 6.000000000001, found 6" in result.told


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"given": {"price": PRICE, "colour": "red"}}, "given.colour"),
        ({"given": {"price": PRICE | {"colour": "red"}}}, "given.price.colour"),
        ({"given": {"price": {"model": "guess"}}}, "given.price.model: 'guess'"),
        ({"given": {"price": PRICE, "rounding": "at will"}}, "given.rounding: 'at will'"),
        ({"usage": [{"quantity": "3", "colour": "red"}]}, "usage.colour"),
        ({"usage": [{"quantity": "3", "t": "one day"}]}, "usage.t: 'one day'"),
        ({"expect": {"total": "6", "colour": "red"}}, "expect.colour"),
        ({"unknown": ("colour",)}, "colour"),
        ({"given": {"grants": [], "colour": "red"}}, "given.colour"),
    ],
)
def test_an_unknown_field_fails_the_case_and_is_named(
    tmp_path: Path, words: dict[str, Any], named: str
) -> None:
    result = run_case(case_of(**words), tmp_path)
    assert result.status == FAILED
    assert named in result.told


def test_what_has_no_word_yet_is_told(tmp_path: Path) -> None:
    result = run_case(case_of(given={"reserved": "1"}), tmp_path)
    assert result == Result(NOT_YET, "credit pool")


def test_neither_id_nor_feature_matters(tmp_path: Path) -> None:
    assert run_case(case_of(id="y", feature="z"), tmp_path) == Result(PASSED)


def test_keys_beside_the_form_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    case = {"id": "x", "feature": "f", "given": {}, "usage": [], "expect": {}, "mood": "good"}
    (folder / "cases.jsonl").write_text(json.dumps(case) + "\n\n")
    (read,) = read_cases(tmp_path)
    assert (read.place, read.unknown) == ("source:1", ("mood",))
