"""`python -m tests.mutation [--sample N] [PART ...]`: change `streams/rate`, or parts of it."""

import argparse
import sys
from pathlib import Path

from tests.mutation.report import SURVIVORS, summary, write_survivors
from tests.mutation.run import ROOT, Plan, tried

PART = "streams/rate"
TESTS = (
    "tests/streams",
    "tests/scenarios/test_scenarios.py",
    "tests/properties",
    "tests/connectors/test_quantity_functions.py",
)
"""Tests of the core that need no engine; worked cases of other houses are not ours to lean on."""


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def _files(parts: list[str]) -> tuple[Path, ...]:
    found: set[Path] = set()
    for part in parts:
        path = ROOT / part
        found |= {path} if path.is_file() else set(path.rglob("*.py"))
    return tuple(sorted(path for path in found if path.name != "__init__.py"))


def main() -> int:
    """Run, print the table, keep the survivors; 1 where fewer than 90 of 100 were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("parts", nargs="*", default=[PART], metavar="PART")
    parser.add_argument("--sample", type=int, default=0, help="changes to try of each file")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), help="tests that should notice")
    parser.add_argument("--survivors", type=Path, default=SURVIVORS, help="where they are listed")
    asked = parser.parse_args()
    ended = tried(Plan(_files(asked.parts), tuple(asked.tests), asked.sample), _tell)
    write_survivors(asked.survivors, ended)
    killed_enough, lines = summary(ended)
    for line in lines:
        sys.stdout.write(line + "\n")
    return 0 if killed_enough else 1


if __name__ == "__main__":
    raise SystemExit(main())
