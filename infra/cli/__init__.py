"""The command `vivace`. Each module here is one command or one group of them.

A module is imported when its command is called: `vivace status` need not carry a rating engine.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from connectors.errors import Refused, Unavailable
from infra.cli.screen import ExitCode, errors
from infra.errors import CannotStart

COMMANDS: Mapping[str, str] = {
    "up": "up",
    "down": "up",
    "status": "up",
    "demo": "demo",
    "run": "run",
    "catalog": "catalog",
    "scenario": "scenario",
    "account": "account",
    "pool": "pool",
    "budget": "budget",
    "balance": "balance",
    "statement": "statement",
    "bill-units": "bill_units",
    "entitlement": "entitlement",
    "caps": "caps",
    "sessions": "sessions",
    "signal": "sessions",
    "top": "top",
    "clock": "clock",
    "explain": "explain",
    "suspense": "suspense",
    "alerts": "alerts",
    "webhook": "webhook",
    "audit": "audit",
    "bench": "bench",
    "key": "key",
    "version": "version",
}
"""Each command and the module it is in, in the order that help shows."""


class Commands(TyperGroup):
    """The commands, found by their names."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands whose module is installed."""
        return [name for name, module in COMMANDS.items() if find_spec(f"{__name__}.{module}")]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or None where there is none of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.{COMMANDS[cmd_name]}")
        group = typer.main.get_group(module.app)
        if cmd_name in group.commands:
            return group.commands[cmd_name]
        group.name = cmd_name
        return group


app = typer.Typer(
    name="vivace",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def vivace() -> None:
    """Vivace turns usage events into exact balances, on Kafka."""


def main() -> None:
    """Run a command; turn what went wrong into one message and an exit code."""
    try:
        app()
    except ValidationError as problem:
        _end(_settings_problem(problem), ExitCode.USAGE)
    except (CannotStart, Unavailable) as problem:
        _end(str(problem), ExitCode.UNAVAILABLE)
    except Refused as problem:
        _end(str(problem), ExitCode.FAILED)


def _settings_problem(problem: ValidationError) -> str:
    lines = (f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.errors())
    return "The settings are wrong:\n" + "\n".join(lines)


def _end(message: str, code: ExitCode) -> None:
    errors.print(message, style="red", highlight=False, markup=False)
    sys.exit(code)
