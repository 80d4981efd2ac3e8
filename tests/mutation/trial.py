"""Run tests in processes that are thrown away: once to see what they touch, once for each change.

A child begins where collecting the tests ended: all is imported, nothing has run. So a trial costs
a fork and the few tests that run the changed line, up to the first that fails.
"""

import gc
import os
import pickle
import resource
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.graft import Grafts
from tests.mutation.touched import Line, Touched, lines_run

Tests = list[pytest.Item]
PATIENCE = 5
"""Seconds of the processor that a trial may take beyond those that its tests took unchanged."""


class End(StrEnum):
    """How a change ended."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"


class Broken(Exception):
    """A test fails before anything is changed."""


def _holds(test: pytest.Item, following: pytest.Item | None) -> bool:
    reports = runtestprotocol(test, log=False, nextitem=following)
    return not any(report.failed for report in reports)


class Ended(NamedTuple):
    """How a trial ended, and by which of its tests, where one of them failed."""

    end: End
    by: int | None = None


def in_child(work: Callable[[], int | None], seconds: int) -> Ended:
    """Work that leaves nothing behind; it says which test failed, or None where all held.

    Work that raises has noticed something too. `seconds` are those of the processor: a machine that
    is busy with something else does not make a trial endless.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 2
        gc.disable()
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            failed = work()
            if failed is not None:
                os.write(writing, str(failed).encode())
            code = 0 if failed is None else 1
        finally:
            os._exit(code)
    os.close(writing)
    said = os.read(reading, 64)
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Ended(End.TIMED_OUT)
    return Ended(End.SURVIVED if status == 0 else End.KILLED, int(said) if said else None)


def touched_by(tests: Tests, filenames: frozenset[str], seconds: int) -> Touched:
    """Run every test unchanged; raises `Broken` with the name of the first that fails."""
    with TemporaryDirectory() as folder:
        kept = Path(folder, "touched")

        def run_all() -> int | None:
            touched = Touched()
            for at, test in enumerate(tests):
                lines: set[Line] = set()
                begun = time.process_time()
                with lines_run(filenames, lines):
                    if not _holds(test, tests[at + 1] if at + 1 < len(tests) else None):
                        kept.write_bytes(pickle.dumps(test.nodeid))
                        return at
                if lines:
                    touched.add(at, time.process_time() - begun, lines)
            kept.write_bytes(pickle.dumps(touched))
            return None

        end = in_child(run_all, seconds).end
        found = pickle.loads(kept.read_bytes()) if kept.exists() else end.value
    if not isinstance(found, Touched):
        raise Broken(str(found))
    return found


def try_change(grafts: Grafts, tests: Tests, seconds: float) -> Ended:
    """Which of these tests notices first; `seconds` is what they take unchanged."""

    def run_until_one_fails() -> int | None:
        for function, code in grafts:
            function.__code__ = code
        following = [*tests[1:], None]
        for at, (test, after) in enumerate(zip(tests, following, strict=True)):
            if not _holds(test, after):
                return at
        return None

    if not tests:
        return Ended(End.SURVIVED)
    return in_child(run_until_one_fails, int(seconds) + PATIENCE)
