"""vivace run: one process, for machines whose own supervisor keeps it."""

from typing import Annotated

import typer

from infra.cli.options import DataOption
from infra.cli.screen import ExitCode, errors
from infra.processes import PROCESSES, run_process, run_worker
from infra.up import load_settings

app = typer.Typer()


NAMES = (*PROCESSES, "worker")


@app.command()
def run(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}.")],
    agents: Annotated[
        str, typer.Option(help="Which agents a worker runs, with commas between.")
    ] = "mediation,charging",
    data: DataOption = None,
) -> None:
    """Be one process until it is asked to end."""
    settings = load_settings(data)
    if name == "worker":
        run_worker([agent.strip() for agent in agents.split(",")], settings)
    elif name in PROCESSES:
        run_process(name, settings)
    else:
        errors.print(f"There is no process {name!r}; there are {', '.join(NAMES)}.")
        raise typer.Exit(ExitCode.USAGE)
