"""Every worked case of the groups that hold passes; the rest are counted and told."""

from pathlib import Path
from typing import Any

import pytest

from tests.cases.claimed import is_claimed
from tests.cases.reader import Case
from tests.cases.run import PASSED, run_case


def test_case(case: Case | None, tmp_path: Path, record_property: Any) -> None:
    if case is None:
        return
    result = run_case(case, tmp_path)
    ended = (f"{case.place} {case.id}", case.feature, result.status, result.told)
    record_property("case", ended)
    if is_claimed(case.feature) and result.status != PASSED:
        pytest.fail(f"{case.feature} {case.id}: {result.status}: {result.told}")
