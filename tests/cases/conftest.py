"""The cases of `--cases` as tests, and their table at the end of the run."""

from pathlib import Path
from typing import Any

import pytest

from tests.cases.reader import read_cases
from tests.cases.report import summary

DEFAULT = Path(__file__).parents[3] / "shared" / "cases"
"""Beside the repository."""


def _folder(config: pytest.Config) -> Path:
    given: str | None = config.getoption("--cases")
    return Path(given) if given else DEFAULT


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case; one that passes where there is no folder."""
    if "case" in metafunc.fixturenames:
        folder = _folder(metafunc.config)
        cases: list[Any] = list(read_cases(folder)) if folder.is_dir() else []
        names = [f"{case.feature}:{case.id}" for case in cases]
        metafunc.parametrize("case", cases or [None], ids=names or ["none"])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The table, or that there are no cases to be run."""
    ended = [
        held
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, held in getattr(report, "user_properties", ())
        if name == "case"
    ]
    folder = _folder(config)
    if ended:
        terminalreporter.section("worked cases")
        for line in summary(sorted(map(tuple, ended))):
            terminalreporter.write_line(line)
    elif not folder.is_dir():
        terminalreporter.write_line(f"worked cases: there is no folder {folder}, none were run")
