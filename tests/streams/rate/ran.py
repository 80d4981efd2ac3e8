"""What comes of usage under a catalog of one price plan, from mediation to the ledger."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.scenario.core import CoreRun
from infra.scenario.outcome import Outcome
from infra.scenario.read import read_scenarios

AT = "2026-01-05T09:00:00Z"


def ran(folder: Path, catalog: dict[str, Any], when: Sequence[dict[str, Any]]) -> Outcome:
    """What came out; `catalog` has a price plan `plan` in CHF, which service `s` of `ada` has."""
    words = {
        "it": "runs",
        "catalog": {"currencies": [{"code": "CHF", "digits": 6}]} | catalog,
        "given": {
            "accounts": [{"account": "ada", "services": [{"service": "s", "price_plan": "plan"}]}]
        },
        "when": when,
        "then": {},
    }
    path = folder / "scenario.yaml"
    path.write_text(json.dumps(words, indent=1))
    scenarios, problems = read_scenarios([path])
    assert problems == [], [str(problem) for problem in problems]
    return CoreRun(scenarios[0].form, scenarios[0].catalog).run()


def used(number: int, **words: Any) -> dict[str, Any]:
    """A step of usage of type `used`."""
    usage = {"id": f"e{number}", "service": "s", "type": "used", "at": AT, "units": {}}
    return {"usage": usage | words}
