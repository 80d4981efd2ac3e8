"""The command `vivace`. Each module here is one command or one group of them."""

import sys

import typer
from pydantic import ValidationError

from connectors.errors import Refused, Unavailable
from infra.cli import account, balance, bench, catalog, key, run, scenario, suspense, up, version
from infra.cli.screen import ExitCode, errors
from infra.errors import CannotStart

app = typer.Typer(
    name="vivace",
    help="Vivace turns usage events into exact balances, on Kafka.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (up, run, catalog, scenario, account, balance, suspense, key, version):
    app.add_typer(module.app)
app.add_typer(bench.app, name="bench")


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
