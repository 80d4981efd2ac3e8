"""vivace up, down and status: the programs of this machine."""

import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep, time
from typing import Annotated, Any

import psutil
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from connectors.api.keys import KeyStore
from infra.child import stop
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.engines import jar_cache
from infra.errors import CannotStart
from infra.kafka.jars import missing_bytes
from infra.logs import LAST_LINES
from infra.runfile import ProgramState, RunState, read_state
from infra.up import Report, end_orphans, load_settings, run_all
from topologies.settings import Settings

READY_WITHIN_S = 600.0
STOP_WITHIN_S = 60.0

app = typer.Typer()


@app.command()
def up(
    data: DataOption = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Do not flush each record to disk: quick, less safe.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once all is ready.")
    ] = False,
) -> None:
    """Start the engines and every process, and keep them running."""
    if detach:
        _detach(data, fast)
        return
    if fast:
        errors.print("[yellow]--fast:[/] a power cut may lose acknowledged records.")
    settings = load_settings(data)
    wanted = 0 if settings.kafka_bootstrap else missing_bytes(jar_cache(settings))
    with _download_bar(wanted) as bar:
        task = bar.add_task("Fetching Kafka", total=wanted, visible=bool(wanted))
        report = Report(tell=_tell, progress=lambda arrived: bar.advance(task, arrived))
        run_all(data, fast=fast, report=report)


@app.command()
def down(data: DataOption = None) -> None:
    """End what `vivace up` started in this folder, and nothing else."""
    folder = load_settings(data).data
    state = read_state(folder)
    if state is None or not (state.identity.alive() or state.orphans()):
        errors.print(f"Nothing runs in {folder}.")
        return
    if not stop(state.identity, within_s=STOP_WITHIN_S):
        errors.print(f"[red]Killed[/] the supervisor, which did not end in {STOP_WITHIN_S:g} s.")
    end_orphans(folder, errors.print)
    errors.print("Stopped.")


@app.command()
def status(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show what runs in this folder. Ends with 1 when a program is down, 3 when nothing runs."""
    settings = load_settings(data)
    state = read_state(settings.data)
    if as_json:
        print_json(_as_plain(settings, state))
    if state is None or not state.identity.alive():
        errors.print(f"Nothing runs in {settings.data}. Start it with `vivace up`.")
        raise typer.Exit(ExitCode.UNAVAILABLE)
    if not as_json:
        _print_state(settings, state)
    if not state.ready or not all(_alive(program) for program in state.programs):
        raise typer.Exit(ExitCode.FAILED)


def _tell(line: str) -> None:
    errors.print(line, markup=False, highlight=False, soft_wrap=True)


def _detach(data: Path | None, fast: bool) -> None:
    settings = load_settings(data)
    log = settings.data / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infra.cli", "up", "--data", str(settings.data)]
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [*command, *(["--fast"] if fast else [])],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = monotonic() + READY_WITHIN_S
    while True:
        state = read_state(settings.data)
        if state and state.pid == supervisor.pid and state.ready:
            _print_state(settings, state)
            _show_first_key(settings)
            return
        if supervisor.poll() is not None or monotonic() > deadline:
            raise CannotStart("\n".join(log.read_text().splitlines()[-2 * LAST_LINES :]))
        sleep(0.1)


def _show_first_key(settings: Settings) -> None:
    text = KeyStore(settings.data).take_first()
    if text is not None:
        console.print(f"admin key  {text}", highlight=False, markup=False, soft_wrap=True)
        errors.print("Keep it: it is shown this once. `vivace key create` makes others.")


def _download_bar(total: int) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    return Progress(*columns, TransferSpeedColumn(), console=errors, disable=not total)


def _alive(program: ProgramState) -> bool:
    return program.identity.alive() is not None


def _as_plain(settings: Settings, state: RunState | None) -> dict[str, Any]:
    running = state is not None and state.identity.alive() is not None
    return {
        "data": str(settings.data),
        "running": running,
        "ready": running and state is not None and state.ready,
        "problem": state.problem if state else "",
        "addresses": state.addresses if state and running else {},
        "programs": [_program_as_plain(program) for program in state.programs] if state else [],
    }


def _program_as_plain(program: ProgramState) -> dict[str, Any]:
    running = program.identity.alive()
    return {
        "name": program.name,
        "state": "running" if running else "down",
        "pid": program.pid,
        "restarts": program.restarts,
        "up_s": int(time() - program.started_at) if running else 0,
        "memory_bytes": running.memory_info().rss if running else 0,
        "cpu_s": _cpu_s(running) if running else 0,
        "log": program.log,
    }


def _cpu_s(program: psutil.Process) -> int:
    spent = program.cpu_times()
    return int(spent.user + spent.system)


def _print_state(settings: Settings, state: RunState) -> None:
    table = Table(title=f"Vivace in {settings.data}", title_justify="left")
    for column in ("program", "state", "pid", "up", "restarts", "memory", "CPU"):
        table.add_column(column, justify="left" if column in ("program", "state") else "right")
    for program in state.programs:
        row = _program_as_plain(program)
        colour = "green" if row["state"] == "running" else "red"
        table.add_row(
            program.name,
            f"[{colour}]{row['state']}[/]",
            str(row["pid"]),
            f"{row['up_s']} s",
            str(row["restarts"]),
            f"{row['memory_bytes'] // 2**20} MiB",
            f"{row['cpu_s']} s",
        )
    console.print(table)
    for name, address in state.addresses.items():
        console.print(f"{name:11}{address}", highlight=False)
    if state.problem:
        errors.print(f"[red]Problem:[/] {state.problem}", highlight=False)
