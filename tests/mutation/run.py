"""Try every change of some files against the tests that run the changed line."""

import gc
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.changes import Change, changes_of
from tests.mutation.graft import Living, codes_of
from tests.mutation.trial import End, Tests, touched_by, try_change

ROOT = Path(__file__).parents[2]
SEED = 1
EXAMPLES_MAX = 20
"""Of a property: it has to be quick, and to say the same each time."""
UNCHANGED_SECONDS_MAX = 3600


def _every(_change: Change) -> bool:
    return True


class Plan(NamedTuple):
    """Which files, by which tests.

    `sample` is how many changes of a file are tried, 0 for all; `only` says which.
    """

    files: tuple[Path, ...]
    tests: tuple[str, ...]
    sample: int = 0
    only: Callable[[Change], bool] = _every
    root: Path = ROOT


class Tried(NamedTuple):
    """A change, and how it ended."""

    change: Change
    end: End


Tell = Callable[[list[Tried]], None]
"""Told of each file when it is done."""


def tried(plan: Plan, tell: Tell) -> list[Tried]:
    """What became of every change; raises `Broken` where the tests fail unchanged."""
    trials = _Trials(plan, tell)
    wanted = [
        "-q",
        "-s",
        "--no-header",
        "--disable-warnings",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        *plan.tests,
    ]
    code = pytest.main([f"--rootdir={plan.root}", *wanted], plugins=[trials])
    if trials.problem is not None:
        raise trials.problem
    if code != pytest.ExitCode.OK:
        raise SystemExit(code)
    return trials.ended


class _Trials:
    """Takes the place of pytest's loop over the tests that were collected."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self.plan = plan
        self.tell = tell
        self.ended: list[Tried] = []
        self.problem: Exception | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            self._run(session.items)
        except Exception as problem:  # told by whoever called pytest
            self.problem = problem
        return True

    def _run(self, tests: Tests) -> None:
        for test in tests:
            _be_quick(test)
        filenames = frozenset(str(path) for path in self.plan.files)
        touched = touched_by(tests, filenames, UNCHANGED_SECONDS_MAX)
        living = Living(filenames)
        gc.freeze()
        for path in self.plan.files:
            text = path.read_text()
            plain = codes_of(compile(text, str(path), "exec"))
            ends = []
            touched.forget()
            for change in self._changes(path, text):
                numbers = touched.tests(str(path), change.first_line, change.last_line)
                grafts = living.grafts(plain, change.code)
                chosen = [tests[number] for number in numbers]
                ended = try_change(grafts, chosen, touched.seconds(numbers))
                if ended.by is not None:
                    touched.noticed(numbers[ended.by])
                ends.append(Tried(change, ended.end))
            self.ended += ends
            self.tell(ends)

    def _changes(self, path: Path, text: str) -> Iterator[Change]:
        name = str(path.relative_to(self.plan.root))
        changes = filter(self.plan.only, changes_of(name, text, str(path)))
        if not self.plan.sample:
            return changes
        listed = list(changes)
        few = min(self.plan.sample, len(listed))
        at = sorted(random.Random(f"{SEED} {name}").sample(range(len(listed)), few))
        return iter([listed[number] for number in at])


def _be_quick(test: pytest.Item) -> None:
    """A property tries few examples, always the same, and looks for no smaller one."""
    function = getattr(test, "obj", None)
    asked = getattr(function, "_hypothesis_internal_use_settings", None)
    if asked is None:
        return
    quick = settings(
        asked,
        max_examples=min(asked.max_examples, EXAMPLES_MAX),
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=tuple(HealthCheck),
    )
    function = getattr(function, "__func__", function)
    function._hypothesis_internal_use_settings = quick
