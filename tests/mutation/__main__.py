"""`python -m tests.mutation [--sample N] [PART ...]`: change `streams/rate`, or parts of it."""

import argparse
import sys
from pathlib import Path

from tests.mutation.report import SURVIVORS, summary, survived_before, write_survivors
from tests.mutation.run import ROOT, Plan, Tried, tried

PART = "streams/rate"
TESTS = (
    "tests/streams",
    "tests/scenarios/test_scenarios.py",
    "tests/connectors/test_quantity_functions.py",
)
"""Tests of the core that need no engine and are quick: properties would notice more, too slowly."""


def _files(parts: list[str]) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for part in parts:
        path = ROOT / part
        found |= dict.fromkeys([path] if path.is_file() else sorted(path.rglob("*.py")))
    return tuple(path for path in found if path.name != "__init__.py")


def main() -> int:
    """Run, print the table, keep the survivors; 1 where fewer than 90 of 100 were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("parts", nargs="*", default=[PART], metavar="PART")
    parser.add_argument("--sample", type=int, default=0, help="changes to try of each file")
    parser.add_argument("--again", action="store_true", help="only those that survived before")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), help="tests that should notice")
    parser.add_argument("--survivors", type=Path, default=SURVIVORS, help="where they are listed")
    asked = parser.parse_args()

    def tell(ends: list[Tried]) -> None:
        write_survivors(asked.survivors, ends)
        sys.stderr.write("".join(line + "\n" for line in summary(ends)[1][1:]))

    plan = Plan(_files(asked.parts), tuple(asked.tests), asked.sample)
    if asked.again:
        plan = plan._replace(only=survived_before(asked.survivors))
    killed_enough, lines = summary(tried(plan, tell))
    sys.stdout.write("".join(line + "\n" for line in lines))
    return 0 if killed_enough else 1


if __name__ == "__main__":
    raise SystemExit(main())
