"""vivace scenario: run the users' own tests of their tariffs."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec import Struct
from rich.box import SIMPLE
from rich.table import Table

from connectors.catalog.problem import CatalogProblem
from connectors.catalog.schema import schema_text
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.scenario.compare import differences
from infra.scenario.core import CoreRun
from infra.scenario.form import SCHEMA_NAME, SCHEMA_TITLE, ScenarioForm
from infra.scenario.live import LiveRun, live_tenant, why_not_live
from infra.scenario.read import Scenario, read_scenarios
from infra.scenario.table import Cell, read_boundaries, table_of, unknown_sides
from infra.up import load_settings

_AT_ONCE: Final = 12
"""Scenarios in the running system at one time."""

app = typer.Typer()
commands = typer.Typer(
    name="scenario", help="Run scenario files: tests of a catalog.", no_args_is_help=True
)
app.add_typer(commands)


class ScenarioResult(Struct, frozen=True):
    """One scenario's end. `status` is passed, failed, skipped or in memory only."""

    file: str
    line: int
    it: str
    status: str
    differences: list[str] = []


@commands.command()
def run(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them.")],
    live: Annotated[
        bool, typer.Option("--live", help="Through the running system instead of in memory.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run scenarios and tell what is not as they expect."""
    scenarios, problems = read_scenarios(paths)
    focused = any(each.form.focus for each in scenarios)
    chosen = [each for each in scenarios if _is_run(each, focused)]
    results = [_skipped(each) for each in scenarios if not _is_run(each, focused)]
    results += _run_live(chosen, data) if live else [_run_in_memory(each) for each in chosen]
    results.sort(key=lambda each: (each.file, each.line))
    statuses = {each.status for each in results}
    ok = "passed" in statuses and not (problems or focused or statuses & {"failed", "skipped"})
    if as_json:
        print_json({"ok": ok, "problems": problems, "scenarios": results})
    else:
        _show_problems(problems)
        _show(results)
    if not ok:
        raise typer.Exit(ExitCode.FAILED)


@commands.command()
def table(
    paths: Annotated[list[Path], typer.Argument(help="Folders of scenarios and boundaries.yaml.")],
    empty: Annotated[
        bool, typer.Option("--empty", help="Only sides that no scenario shows.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show which side of which boundary each scenario shows, and which ones none does."""
    scenarios, problems = read_scenarios(paths)
    boundaries, unread = read_boundaries(paths)
    problems += [*unread, *unknown_sides(boundaries, scenarios)]
    cells = table_of(boundaries, scenarios, folder=Path())
    holes = [cell for cell in cells if not cell.scenarios]
    shown = holes if empty else cells
    if as_json:
        print_json({"ok": not (holes or problems), "problems": problems, "cells": shown})
    else:
        _show_problems(problems)
        _show_table(shown)
        console.print(f"{len(cells)} sides of boundaries, {len(holes)} of them shown nowhere")
    if holes or problems or not cells:
        raise typer.Exit(ExitCode.FAILED)


@commands.command()
def schema(
    target: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(SCHEMA_NAME),
) -> None:
    """Write the JSON schema of scenario files, for editors."""
    target.write_text(schema_text(ScenarioForm, SCHEMA_TITLE), encoding="utf-8")
    console.print(f"{target} written")


def _show_table(cells: list[Cell]) -> None:
    grid = Table("rule", "boundary", "side", "scenario", box=SIMPLE)
    before = ("", "")
    for cell in cells:
        rule = "" if cell.rule == before[0] else cell.rule
        boundary = "" if (cell.rule, cell.boundary) == before else cell.boundary
        grid.add_row(rule, boundary, cell.side, "\n".join(cell.scenarios) or "[red]none[/red]")
        before = (cell.rule, cell.boundary)
    console.print(grid)


def _is_run(scenario: Scenario, focused: bool) -> bool:
    return scenario.form.skip is None and (scenario.form.focus or not focused)


def _skipped(scenario: Scenario) -> ScenarioResult:
    return _result(scenario, "skipped", [scenario.form.skip or "another has focus"])


def _run_in_memory(scenario: Scenario) -> ScenarioResult:
    told = differences(scenario.form.then, CoreRun(scenario.form, scenario.catalog).run())
    return _result(scenario, "failed" if told else "passed", told)


def _run_live(scenarios: list[Scenario], data: Path | None) -> list[ScenarioResult]:
    """Many at once: each waits for the system most of the time, and has a tenant of its own."""
    settings = load_settings(data)
    run_id = secrets.token_hex(4)

    def run_one(number: int) -> ScenarioResult:
        scenario = scenarios[number]
        why_not = why_not_live(scenario.form)
        if why_not is not None:
            return _result(scenario, "in memory only", [why_not])
        base, partitions = f"scenario-{run_id}-{number}", settings.kafka.partitions
        live = LiveRun(
            scenario.form,
            scenario.catalog,
            tenant=live_tenant(scenario.form, scenario.catalog, base=base, partitions=partitions),
            kafka=settings.kafka,
            clickhouse=settings.clickhouse,
        )
        told = live.run()
        return _result(scenario, "failed" if told else "passed", told)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(run_one, range(len(scenarios))))


def _result(scenario: Scenario, status: str, told: list[str]) -> ScenarioResult:
    return ScenarioResult(str(scenario.path), scenario.line, scenario.form.it, status, told)


def _show_problems(problems: list[CatalogProblem]) -> None:
    for problem in problems:
        errors.print(str(problem), style="red", markup=False, soft_wrap=True)


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
        for status in ("passed", "failed", "skipped", "in memory only")
    }
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    console.print(told or "no scenario found")
