"""docs/reference/commands.md"""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from infra.cli import app
from infra.cli.screen import ExitCode
from infra.reference.table import table

_INTRODUCTION = """# Commands

Every command ends with one of these codes:

"""
_CODES = {
    ExitCode.OK: "done; a check held",
    ExitCode.FAILED: "the check failed, or what was asked for is not there",
    ExitCode.USAGE: "the command or a setting is wrong",
    ExitCode.UNAVAILABLE: "an engine is away or cannot start",
}


def page() -> str:
    """Return each command with its options."""
    codes = table(("code", "meaning"), ((str(code.value), text) for code, text in _CODES.items()))
    return _INTRODUCTION + codes + "".join(_sections("vivace", get_command(app)))


def _sections(path: str, command: Any) -> Iterator[str]:
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from _sections(f"{path} {name}", command.get_command(None, name))
        return
    yield f"\n## {path}\n\n{' '.join((command.help or '').split())}\n"
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    if rows:
        yield "\n" + table(("argument or option", "what it does"), rows)


def _row(parameter: Any) -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`", parameter.help or ""
    names = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    return names, parameter.help or ""
