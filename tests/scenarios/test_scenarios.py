"""Every scenario file holds in memory, and every rule and price kind has a folder of them."""

from pathlib import Path

import pytest

from infra.scenario.compare import differences
from infra.scenario.core import CoreRun
from infra.scenario.read import Scenario, read_scenarios

HERE = Path(__file__).parent
SCENARIOS, PROBLEMS = read_scenarios([HERE])
FOLDER_OF = {
    "band": "time_band",
    "evaluated_tiers": "evaluated",
    "tier_impacts": "impacts",
    "free_units": "discount",
    "price": "time_band",
    "kinds": "composite",
    "threshold": "threshold_price",
    "share": "fees",
    "partner_volume": "commission",
}
"""Where the folder is not called as the file is."""


def _name(scenario: Scenario) -> str:
    return f"{scenario.path.parent.name}/{scenario.path.stem}:{scenario.line}"


def test_all_files_can_be_read() -> None:
    assert [str(problem) for problem in PROBLEMS] == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_name)
def test_scenario(scenario: Scenario) -> None:
    assert scenario.form.skip is None
    assert not scenario.form.focus
    assert differences(scenario.form.then, CoreRun(scenario.form, scenario.catalog).run()) == []


def test_every_rule_and_price_kind_has_scenarios() -> None:
    rate = HERE.parents[1] / "streams" / "rate"
    files = [*(rate / "prices").glob("*.py"), *(rate / "rules").glob("*.py")]
    stems = {path.stem for path in files if path.stem != "__init__"}
    for kind in sorted(stems):
        assert list((HERE / FOLDER_OF.get(kind, kind)).glob("*.yaml")), f"no scenario for {kind}"
