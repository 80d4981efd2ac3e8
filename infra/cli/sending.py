"""Commands to accounts' owners from the command line: their options, and how they are sent."""

import inspect
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from connectors.kafka.commands import CommandSender
from infra.cli.options import DataOption, JsonOption, WaitOption
from infra.cli.screen import console, errors, print_json
from infra.up import load_settings
from streams.model.command import Command

SHOWN_AT_ONCE = 5_000
"""Commands between two steps of the progress bar."""

Account = Annotated[str, typer.Argument(help="The account's id.")]
Service = Annotated[str, typer.Argument(help="The service id, as usage names it.")]
Root = Annotated[
    str, typer.Option("--root", help="Root of the account's hierarchy.", show_default="itself")
]
CommandId = Annotated[
    str,
    typer.Option(
        "--id",
        help="Names the cause: sent again within 35 days, of a top-up ever, it does nothing.",
        show_default="new",
    ),
]


def sent(build: Callable[..., Command]) -> Callable[..., None]:
    """Make a command of the command line out of a function that builds one for an account's owner.

    The options of sending, which all of them have, are added to its own.
    """

    def sending(
        *,
        command_id: CommandId = "",
        wait: WaitOption = True,
        data: DataOption = None,
        as_json: JsonOption = False,
        **own: Any,
    ) -> None:
        send([build(command_id or new_id(), **own)], wait=wait, data=data, as_json=as_json)

    _, *own = inspect.signature(build).parameters.values()
    *added, _ = inspect.signature(sending).parameters.values()
    parameters = [each.replace(kind=each.KEYWORD_ONLY) for each in (*own, *added)]
    sending.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    sending.__name__, sending.__doc__ = build.__name__, build.__doc__
    sending.__annotations__ = {each.name: each.annotation for each in parameters}
    return sending


def send(found: Sequence[Command], *, wait: bool, data: Path | None, as_json: bool) -> None:
    """Send commands, and tell how that went; with `wait` once their owners have applied them."""
    settings = load_settings(data).kafka
    with CommandSender(settings) as sender, Progress(console=errors, transient=True) as progress:
        offsets = sender.send(_shown(found, progress))
        if wait:
            progress.add_task("Waiting for the accounts' owners", total=None)
            sender.wait(offsets)
    if as_json:
        print_json({"ok": True, "commands": len(found), "offsets": offsets, "applied": wait})
    else:
        state = "done" if wait else "sent"
        console.print(f"{len(found)} command{'s' if len(found) > 1 else ''} {state}")


def _shown(found: Sequence[Command], progress: Progress) -> Iterator[Command]:
    task = progress.add_task("Sending", total=len(found), visible=len(found) > SHOWN_AT_ONCE)
    for number, command in enumerate(found, 1):
        yield command
        if number % SHOWN_AT_ONCE == 0:
            progress.advance(task, SHOWN_AT_ONCE)


def new_id() -> str:
    """The id of a command that nobody will send again."""
    return f"command/{uuid.uuid4()}"
