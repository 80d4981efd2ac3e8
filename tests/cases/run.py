"""Run a case through the door of `vivace scenario run`: a file is read, run and compared."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.scenario.compare import differences
from infra.scenario.core import CoreRun
from infra.scenario.read import read_scenarios
from tests.cases.fields import NotYet, UnknownField
from tests.cases.reader import Case
from tests.cases.translate import scenario_of

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_YET: Final = "not expressible"
_NO_WORD: Final = re.compile(r'"(\w+)" is not a word|expected one of .*, found (.+)')


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ended, and why."""

    status: str
    told: str = ""


def run_case(case: Case, folder: Path) -> Result:
    """Passed, failed with the differences, or not expressible with the missing word."""
    try:
        words = scenario_of(case)
    except UnknownField as error:
        return Result(FAILED, f"unknown field {error}")
    except NotYet as error:
        return Result(NOT_YET, str(error))
    path = folder / "case.yaml"
    path.write_text(json.dumps(words, indent=1), encoding="utf-8")
    scenarios, problems = read_scenarios([path])
    if problems:
        return _refused([problem.message for problem in problems])
    (scenario,) = scenarios
    told = differences(scenario.form.then, CoreRun(scenario.form, scenario.catalog).run())
    return Result(FAILED, "; ".join(told)) if told else Result(PASSED)


def _refused(messages: list[str]) -> Result:
    """A word that catalogs do not have makes the case one that cannot be told yet."""
    for message in messages:
        found = _NO_WORD.search(message)
        if found:
            return Result(NOT_YET, f"word {found[1] or found[2]}")
    return Result(FAILED, "; ".join(messages))
