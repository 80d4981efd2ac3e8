"""The scenario runner: unknown words, wrong expectations, focus and skip all fail a run."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.catalog.schema import schema_text
from infra.cli.scenario import app
from infra.scenario.form import SCHEMA_NAME, SCHEMA_TITLE, ScenarioForm

CATALOG = """
catalog:
  currencies: [{code: CHF}]
  usage_types: [{id: api_call, units: [requests]}]
  price_plans:
    - id: plan
      currency: CHF
      offers:
        - id: calls
          usage_type: api_call
          from: 2020-01-01
          prices: [{per_unit: {amounts: {requests: 1}}}]
given:
  accounts: [{account: ada, services: [{service: key-1, price_plan: plan}]}]
when:
  - usage: {id: e1, service: key-1, type: api_call, at: 2025-03-01T10:00:00Z, units: {requests: 3}}
"""
GOOD = "it: charges" + CATALOG + 'then: {charges: [{id: e1, amount: "3.00"}]}\n'


def run(folder: Path, *texts: str) -> tuple[int, dict[str, object]]:
    for number, text in enumerate(texts):
        (folder / f"s{number}.yaml").write_text(text)
    result = CliRunner().invoke(app, ["scenario", "run", str(folder), "--json"])
    return result.exit_code, json.loads(result.output)


def test_a_scenario_that_holds_passes(tmp_path: Path) -> None:
    code, told = run(tmp_path, GOOD)
    assert (code, told["ok"]) == (0, True)


@pytest.mark.parametrize(
    ("then", "difference"),
    [
        ('{charges: [{id: e1, amount: "3.01"}]}', "charge e1 amount: expected 3.01, found 3.00"),
        ("{charges: []}", "charges: expected none; found e1"),
        ("{charges: [{id: e1, zone: x}]}", "charge e1 zone: expected 'x', found ''"),
        ("{verdicts: [{id: e1, verdict: error}]}", "verdicts: expected e1 error; found none"),
        ("{alerts: [{threshold: t, kind: crossed}]}", "alerts: expected 1, found 0: none"),
        (
            "{balances: [{account: ada, resource: CHF, remaining: 1}]}",
            "balance of ada in CHF: expected 1, found -3.00",
        ),
        (
            "{balances: [{account: ada, resource: free, month: 2025-03, remaining: 1}]}",
            "balance of ada in free: expected 1, found none",
        ),
        (
            "{accumulators: [{account: ada, accumulator: a, month: 2025-03, total: 1}]}",
            "a of ada in 2025-03: expected 1, found 0",
        ),
        (
            "{counters: [{ledger_account: revenue, resource: CHF, total: 4}]}",
            "counter revenue CHF: expected 4, found 3.000000000000",
        ),
        (
            "{charges: [{id: e1, lines: [{rule: graduated}]}]}",
            "charge e1 lines[0] rule: expected 'graduated', found 'per_unit'",
        ),
    ],
)
def test_what_is_not_as_expected_is_told(tmp_path: Path, then: str, difference: str) -> None:
    code, told = run(tmp_path, "it: fails" + CATALOG + f"then: {then}\n")
    assert code == 1
    (result,) = told["scenarios"]
    assert result["differences"] == [difference]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("then:", "afterwards: {}\nthen:"), '"afterwards" is not a word'),
        (("amount:", "amuont:"), 'did you mean "amount"?'),
        (("usage:", "usages:"), 'did you mean "usage"?'),
        (("units: {requests: 3}}", "units: {requests: many}}"), "expected a decimal number"),
        (("at: 2025-03-01T10:00:00Z", "at: yesterday"), "does not match"),
        (("currency: CHF", "currency: USD"), 'no currency "USD"'),
        (("it: charges", "it: charges\nuse: nowhere"), "there is no folder"),
        (("api_call, at", "api_call, at: x, at"), '"at" stands here twice'),
        (("  - usage:", "  - tick: 2025-01-01\n    usage:"), "found usage and tick"),
        (("it: charges\n", "it: [\n"), "is not YAML"),
        (("at: 2025-03-01T", "at: 2025-02-30T"), "there is no such day"),
        (("when:\n", "when:\n  - redeliver: e9\n"), 'no usage "e9"'),
        (
            ("when:\n", "when:\n  - top_up: {account: bob, amount: 1, at: 2025-01-01}\n"),
            'no account "bob"',
        ),
    ],
)
def test_what_the_runner_does_not_know_is_an_error(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    broken = GOOD.replace(*change)
    assert broken != GOOD
    code, told = run(tmp_path, broken)
    assert (code, told["ok"]) == (1, False)
    assert any(message in problem["message"] for problem in told["problems"]), told


def test_focus_runs_alone_and_fails_the_run(tmp_path: Path) -> None:
    code, told = run(tmp_path, GOOD, "focus: true\n" + GOOD)
    assert code == 1
    assert [each["status"] for each in told["scenarios"]] == ["skipped", "passed"]


def test_skip_does_not_run_and_fails_the_run(tmp_path: Path) -> None:
    code, told = run(tmp_path, "skip: later\n" + GOOD)
    assert code == 1
    assert [each["status"] for each in told["scenarios"]] == ["skipped"]


def test_a_run_without_scenarios_fails(tmp_path: Path) -> None:
    code, _ = run(tmp_path)
    assert code == 1


def test_the_published_schema_is_current() -> None:
    published = Path(__file__).parents[2] / "catalog" / SCHEMA_NAME
    assert published.read_text() == schema_text(ScenarioForm, SCHEMA_TITLE)
