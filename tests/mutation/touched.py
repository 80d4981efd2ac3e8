"""Which lines each test runs, and how long it takes."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from types import FrameType
from typing import Any

Line = tuple[str, int]
SECONDS_MAX = 3.0
"""Of tests for one change, in the processor's seconds of the slow run that looks at each line.

Where a line is run by a thousand tests, the last of them would make each survivor cost a minute.
"""


@contextmanager
def lines_run(filenames: frozenset[str], run: set[Line]) -> Iterator[None]:
    """Collect the lines of these files that run meanwhile."""

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            run.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def called(frame: FrameType, _: str, __: Any) -> Any:
        return inside if frame.f_code.co_filename in filenames else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)


class Touched:
    """For each line, the tests that run it: first those that are quick and have noticed much."""

    def __init__(self) -> None:
        self._tests: dict[Line, list[int]] = {}
        self._seconds: dict[int, float] = {}
        self._noticed: Counter[int] = Counter()

    def add(self, test: int, seconds: float, lines: set[Line]) -> None:
        """A test has run these lines."""
        self._seconds[test] = seconds
        for line in lines:
            self._tests.setdefault(line, []).append(test)

    def noticed(self, test: int) -> None:
        """A test has failed as it should: it may do so again for what stands nearby."""
        self._noticed[test] += 1

    def forget(self) -> None:
        """Go on with another file, whose tests are others."""
        self._noticed.clear()

    def tests(self, filename: str, first: int, last: int) -> list[int]:
        """The tests that run one of these lines, as many as `SECONDS_MAX` allow."""
        found: set[int] = set()
        for line in range(first, last + 1):
            found.update(self._tests.get((filename, line), ()))
        ordered = sorted(found, key=self._rank)
        until = accumulate(self._seconds[test] for test in ordered)
        return [test for test, seconds in zip(ordered, until, strict=True) if seconds < SECONDS_MAX]

    def _rank(self, test: int) -> tuple[float, int]:
        return self._seconds[test] / (1 + self._noticed[test]), test

    def seconds(self, tests: list[int]) -> float:
        """How long these tests take, traced, when all hold."""
        return sum(self._seconds[test] for test in tests)
