"""vivace run: one process, for machines whose own supervisor keeps it."""

from typing import Annotated

import typer

from infra.cli.options import DataOption
from infra.cli.screen import ExitCode, errors
from infra.processes import PROCESSES, run_process
from infra.up import load_settings

app = typer.Typer()


@app.command()
def run(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(PROCESSES)}.")],
    data: DataOption = None,
) -> None:
    """Be one process until it is asked to end."""
    if name not in PROCESSES:
        errors.print(f"There is no process {name!r}; there are {', '.join(PROCESSES)}.")
        raise typer.Exit(ExitCode.USAGE)
    run_process(name, load_settings(data))
