"""What an allowance carries: whatever comes in which order, nothing is charged and nothing is lost.

The model is one number: all that was granted, less all that was used at its factor.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.scenario.core import CoreRun
from infra.scenario.outcome import Outcome
from infra.scenario.read import read_scenarios
from streams.model.money import LINE_QUANTUM

CATALOG: dict[str, Any] = {
    "currencies": [{"code": "CHF"}],
    "usage_types": [{"id": "data", "units": ["mb"], "attributes": ["kind"]}],
    "allowances": [
        {
            "id": "meter",
            "unit": "mb",
            "usage_units": ["mb"],
            "overage": "carried",
            "factors": [{"factor": "1.5", "when": {"kind": "fast"}}],
        }
    ],
    "price_plans": [
        {
            "id": "plan",
            "currency": "CHF",
            "offers": [
                {
                    "id": "data",
                    "usage_type": "data",
                    "from": "2020-01-01",
                    "impacts": ["meter"],
                    "prices": [{"per_unit": {"amounts": {"mb": 1}}}],
                }
            ],
        }
    ],
}
DAYS = st.integers(1, 28)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.integers(1, 60), DAYS, st.booleans()),
        st.tuples(st.just("grant"), st.integers(1, 90), DAYS, st.booleans()),
        st.tuples(st.just("tick"), st.just(0), DAYS, st.booleans()),
    ),
    max_size=14,
)
Step = tuple[str, int, int, bool]


def words_of(step: Step, number: int) -> dict[str, Any]:
    kind, amount, day, is_fast = step
    at = f"2025-01-{day:02d}T10:00:00Z"
    if kind == "use":
        usage = {"id": f"u{number}", "service": "s", "type": "data", "at": at}
        return {
            "usage": usage
            | {"units": {"mb": amount}, "attributes": {"kind": "fast" if is_fast else "slow"}}
        }
    if kind == "grant":
        words = {"account": "ada", "grant": f"g{number}", "allowance": "meter", "from": at}
        return {"grant": words | {"quantity": amount, "priority": int(is_fast)}}
    return {"tick": at}


def run(steps: Sequence[Step]) -> Outcome:
    account = {"account": "ada", "services": [{"service": "s", "price_plan": "plan"}]}
    words = {
        "it": "runs",
        "catalog": CATALOG,
        "given": {"accounts": [account]},
        "when": [words_of(step, number) for number, step in enumerate(steps)],
        "then": {},
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.yaml"
        path.write_text(json.dumps(words))
        scenarios, problems = read_scenarios([path])
    assert not problems
    return CoreRun(scenarios[0].form, scenarios[0].catalog).run()


@given(STEPS)
def test_what_is_there_is_what_was_granted_less_what_was_used(steps: list[Step]) -> None:
    found = run(steps)
    expected = Decimal(0)
    for kind, amount, _, is_fast in steps:
        if kind == "use":
            expected -= Decimal(amount) * (Decimal("1.5") if is_fast else 1)
        elif kind == "grant":
            expected += amount
    held = found.balances.get("ada")
    buckets = held.buckets if held else ()
    left = sum((Decimal(each.remaining) for each in buckets), Decimal(0))
    # What a bucket's last covers is rounded down to 12 digits, once for each bucket.
    assert abs(left - expected) <= len(steps) * 2 * LINE_QUANTUM
    assert all(charge.amount == 0 for charge in found.charges)
    assert found.counters.get(("allowance_liability", "meter"), Decimal(0)) == -left
    for charge in found.charges:
        assert sum((Decimal(each.amount) for each in charge.postings), Decimal(0)) == 0


@given(STEPS)
def test_nothing_is_owed_where_something_that_begins_later_or_is_open_is_left(
    steps: list[Step],
) -> None:
    """Told in the order of time, what is owed and what is left are never there together."""
    ordered = sorted(steps, key=lambda step: step[2])
    held = run(ordered).balances.get("ada")
    left = [Decimal(each.remaining) for each in held.buckets] if held else []
    assert not (min(left, default=Decimal(0)) < 0 < max(left, default=Decimal(0)))
