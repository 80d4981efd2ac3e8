"""However usage rises and falls: each level fires once a period and recovers once, and a cap bounds
what the account pays by the period's total alone."""

import json
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.scenario.core import CoreRun
from infra.scenario.outcome import Outcome
from infra.scenario.read import read_scenarios
from streams.model.instant import Instant, format_instant

LEVELS: Final = (10, 20)
EVERY: Final = 7
CAP: Final = 60
MONTHS: Final = ("2026-03", "2026-04")
Usage = tuple[int, int]
"""The month's place, and what is used or taken back."""

CATALOG: Final[dict[str, Any]] = {
    "currencies": [{"code": "EUR"}],
    "service_types": [{"id": "signed"}],
    "usage_types": [{"id": "x", "units": ["u"], "attributes": ["n"], "service_type": "signed"}],
    "rate_units": [
        {"id": "signed", "service_type": "signed", "unit": "u", "expression": "decimal(n)"}
    ],
    "rate_unit_maps": [{"service_type": "signed", "rate_unit": "signed"}],
    "accumulators": [{"id": "used"}],
    "thresholds": [
        {
            "id": "used",
            "watch": "accumulator",
            "resource": "used",
            "levels": [str(level) for level in LEVELS],
            "every": str(EVERY),
        },
        {"id": "cap", "watch": "spend", "resource": "EUR", "level": str(CAP), "action": "block"},
    ],
    "price_plans": [
        {
            "id": "p",
            "currency": "EUR",
            "offers": [
                {
                    "id": "o",
                    "usage_type": "x",
                    "from": "2020-01-01",
                    "impacts": ["used"],
                    "prices": [{"per_unit": {"amounts": {"u": "1"}}}],
                }
            ],
        }
    ],
}
usages = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-60, 90).filter(bool)), min_size=1, max_size=20
).map(lambda found: sorted(found, key=lambda usage: usage[0]))


def run(used: list[Usage]) -> Outcome:
    document = {
        "it": "is watched",
        "catalog": CATALOG,
        "given": {
            "accounts": [
                {
                    "account": "a",
                    "currency": "EUR",
                    "services": [{"service": "s", "price_plan": "p"}],
                }
            ]
        },
        "when": [
            {
                "usage": {
                    "id": f"e{number}",
                    "service": "s",
                    "type": "x",
                    "at": f"{MONTHS[month]}-02T10:00:{number:02}Z",
                    "units": {},
                    "attributes": {"n": str(quantity)},
                }
            }
            for number, (month, quantity) in enumerate(used)
        ],
        "then": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watched.yaml"
        path.write_text(json.dumps(document))
        (scenario,), problems = read_scenarios([path])
    assert problems == []
    return CoreRun(scenario.form, scenario.catalog).run()


def expected(used: list[Usage], levels: list[int]) -> list[tuple[int, str, int]]:
    """Slow and obvious: after each usage all levels are looked at."""
    told: list[tuple[int, str, int]] = []
    totals: dict[int, int] = defaultdict(int)
    for month, quantity in used:
        totals[month] += quantity
        for level in levels:
            fired, left = (month, "crossed", level), (month, "recovered", level)
            if totals[month] >= level and fired not in told:
                told.append(fired)
            if totals[month] < level and fired in told and left not in told:
                told.append(left)
    return told


@settings(max_examples=60, deadline=None)
@given(usages)
def test_each_level_fires_once_and_recovers_once(used: list[Usage]) -> None:
    outcome = run(used)
    levels = [*LEVELS, *range(LEVELS[-1] + EVERY, 2_000, EVERY)]
    for threshold, all_levels in (("used", levels), ("cap", [CAP])):
        found = [each for each in outcome.alerts if each.threshold == threshold]
        told = [(_month_of(each.period_start), each.kind, int(each.level)) for each in found]
        assert sorted(told) == sorted(expected(used, all_levels))
        assert len({each.alert_id for each in found}) == len(found)


@settings(max_examples=60, deadline=None)
@given(usages)
def test_an_account_pays_no_more_than_its_cap(used: list[Usage]) -> None:
    outcome = run(used)
    totals: dict[int, int] = defaultdict(int)
    for month, quantity in used:
        totals[month] += quantity
    paid = sum(min(total, CAP) for total in totals.values())
    beyond = sum(totals.values()) - paid
    held = outcome.balances.get("a")
    left = sum((Decimal(each.remaining) for each in held.buckets), Decimal(0)) if held else 0
    assert left == -paid
    assert outcome.counters.get(("overrun", "EUR"), Decimal(0)) == -beyond


def _month_of(start: Instant) -> int:
    return MONTHS.index(format_instant(start)[:7])
