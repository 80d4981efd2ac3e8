"""The tool finds what weak tests leave, in closures that were compiled before too."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.changes import Change, changes_of
from tests.mutation.report import summary, write_survivors
from tests.mutation.run import ROOT, Tried
from tests.mutation.trial import End, in_child

PLANTED = "tests/mutation/planted"
PRICE = """
def price(used, tiers):
    total = 0
    for tier in tiers:
        if tier.end < used:
            continue
        total += tier.amount * 2
    return total
"""


def _run(tests: str, page: Path, *more: str) -> tuple[int, str]:
    asked = [f"{PLANTED}/toll.py", *more, "--tests", f"{PLANTED}/{tests}", "--survivors", str(page)]
    command = [sys.executable, "-m", "tests.mutation", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def _changes(text: str) -> list[tuple[int, str, str]]:
    return [(each.first_line, each.before, each.after) for each in changes_of("a", text, "a")]


def _for_ever() -> None:
    while True:
        pass


def _change(line: int) -> Change:
    code = compile("", "a", "exec")
    return Change("a.py", line, line, "price", "a < b", "a <= b", code)


def test_a_boundary_that_no_test_stands_on_survives(tmp_path: Path) -> None:
    code, told = _run("weak.py", tmp_path / "survivors.md")
    assert code == 1
    survived = [line for line in told.splitlines() if line.startswith("survived")]
    assert len(survived) == 1
    assert survived[0].endswith("toll.cost: kilometres <= free  ->  kilometres < free")
    assert "kilometres < free" in (tmp_path / "survivors.md").read_text()


def test_what_survived_can_be_tried_again_alone(tmp_path: Path) -> None:
    _run("weak.py", tmp_path / "survivors.md")
    _, told = _run("weak.py", tmp_path / "survivors.md", "--again")
    assert [line.split()[1:] for line in told.splitlines() if line.startswith("all")] == [
        ["1", "0", "1", "0", "0.0"]
    ]


def test_a_line_that_no_test_runs_survives(tmp_path: Path) -> None:
    _, told = _run("blind.py", tmp_path / "survivors.md")
    assert "kilometres - free  ->  kilometres + free" in told


@pytest.mark.parametrize(
    "expected",
    [
        (3, "0", "1"),
        (5, "tier.end < used", "tier.end <= used"),
        (5, "if tier.end < used", "if not (tier.end < used)"),
        (5, "if tier.end < used: continue", "(nothing)"),
        (7, "total += tier.amount * 2", "total -= tier.amount * 2"),
        (7, "total += tier.amount * 2", "(nothing)"),
        (7, "tier.amount * 2", "tier.amount // 2"),
        (7, "2", "3"),
        (8, "return total", "return None"),
    ],
    ids=str,
)
def test_near_mistakes_are_made(expected: tuple[int, str, str]) -> None:
    assert expected in _changes(PRICE)


def test_what_runs_once_at_import_is_left_alone() -> None:
    assert _changes("LIMIT = 1\n\nclass Tier:\n    end: int = 2\n") == []


def test_an_endless_trial_is_ended() -> None:
    assert in_child(_for_ever, 1).end is End.TIMED_OUT


def test_a_trial_that_raises_is_noticed() -> None:
    assert in_child(lambda: 1 // 0, 10).end is End.KILLED


def test_reasons_stay_with_what_survives_and_other_files_with_their_rows(tmp_path: Path) -> None:
    page = tmp_path / "survivors.md"
    write_survivors(page, [Tried(_change(3), End.SURVIVED)])
    page.write_text(page.read_text().replace("`a <= b` |  |", "`a <= b` | the same at b |"))
    write_survivors(page, [Tried(_change(9), End.SURVIVED)])
    assert "| a.py | 9 | price | `a < b` | `a <= b` | the same at b |" in page.read_text()
    other = Tried(_change(1)._replace(file="b.py"), End.KILLED)
    write_survivors(page, [other])
    assert "| a.py | 9 |" in page.read_text()
    write_survivors(page, [Tried(_change(9), End.KILLED)])
    assert "a.py" not in page.read_text()


def test_nine_of_ten_are_enough_and_an_endless_one_was_noticed() -> None:
    nine = [Tried(_change(n), End.KILLED) for n in range(8)] + [Tried(_change(8), End.TIMED_OUT)]
    assert summary([*nine, Tried(_change(9), End.SURVIVED)])[0]
    assert not summary([*nine, *[Tried(_change(9), End.SURVIVED)] * 2])[0]
