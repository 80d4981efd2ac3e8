"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of everything this machine keeps.", show_default=".vivace"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="Whose it is.")]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Return only once the accounts' owners did it.")
]
