"""vivace version."""

from importlib.metadata import version as installed_version

import typer

from infra.cli.options import JsonOption
from infra.cli.screen import console, print_json

app = typer.Typer()

PINNED = ("chdb-core", "faust-streaming", "confluent-kafka", "rocksdict", "tzdata")
"""What results depend on beside our own code."""


@app.command()
def version(as_json: JsonOption = False) -> None:
    """Print the version of Vivace and of what its results depend on."""
    found = {name: installed_version(name) for name in ("vivace", *PINNED)}
    if as_json:
        print_json(found)
        return
    for name, number in found.items():
        console.print(f"{name} {number}", highlight=False)
