"""vivace scenario: run the users' own tests of their tariffs."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from connectors.catalog.schema import schema_text
from infra.cli.options import JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.scenario.compare import differences
from infra.scenario.core import CoreRun
from infra.scenario.form import SCHEMA_NAME, SCHEMA_TITLE, ScenarioForm
from infra.scenario.read import Scenario, read_scenarios

app = typer.Typer()
commands = typer.Typer(
    name="scenario", help="Run scenario files: tests of a catalog.", no_args_is_help=True
)
app.add_typer(commands)


class ScenarioResult(Struct, frozen=True):
    """One scenario's end. `status` is passed, failed or skipped."""

    file: str
    line: int
    it: str
    status: str
    differences: list[str] = []


@commands.command()
def run(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them.")],
    as_json: JsonOption = False,
) -> None:
    """Run scenarios in memory and tell what is not as they expect."""
    scenarios, problems = read_scenarios(paths)
    focused = any(each.form.focus for each in scenarios)
    results = [_run(each, focused) for each in scenarios]
    failed = [each for each in results if each.status == "failed"]
    skipped = [each for each in results if each.status == "skipped"]
    ok = bool(results) and not (problems or failed or skipped or focused)
    if as_json:
        print_json({"ok": ok, "problems": problems, "scenarios": results})
    else:
        for problem in problems:
            errors.print(str(problem), style="red", markup=False, soft_wrap=True)
        _show(results)
    if not ok:
        raise typer.Exit(ExitCode.FAILED)


@commands.command()
def schema(
    target: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(SCHEMA_NAME),
) -> None:
    """Write the JSON schema of scenario files, for editors."""
    target.write_text(schema_text(ScenarioForm, SCHEMA_TITLE), encoding="utf-8")
    console.print(f"{target} written")


def _run(scenario: Scenario, focused: bool) -> ScenarioResult:
    form = scenario.form
    told: list[str] = []
    status = "skipped"
    if form.skip is None and (form.focus or not focused):
        told = differences(form.then, CoreRun(form, scenario.catalog).run())
        status = "failed" if told else "passed"
    return ScenarioResult(str(scenario.path), scenario.line, form.it, status, told)


def _show(results: list[ScenarioResult]) -> None:
    for result in results:
        if result.status == "passed":
            continue
        console.print(
            f"{result.file}:{result.line}: {result.status}: {result.it}",
            markup=False,
            soft_wrap=True,
            highlight=False,
        )
        for difference in result.differences:
            console.print(f"    {difference}", markup=False, soft_wrap=True, highlight=False)
    counts = {
        status: sum(each.status == status for each in results)
        for status in ("passed", "failed", "skipped")
    }
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    console.print(told or "no scenario found")
