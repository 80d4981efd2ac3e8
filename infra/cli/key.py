"""vivace key: the API keys of this installation."""

from typing import Annotated

import typer

from connectors.api.keys import ApiKey, KeyStore, Scope
from connectors.clock import now
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json, print_table
from infra.up import load_settings
from streams.model.instant import format_instant

app = typer.Typer()
commands = typer.Typer(name="key", help="Keys of the HTTP API.", no_args_is_help=True)
app.add_typer(commands)


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[Scope, typer.Option(help="What it may do.")] = Scope.READ,
    tenant: Annotated[
        str, typer.Option("--tenant", "-t", help="Only this tenant.", show_default="all")
    ] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it, this once."""
    keys = KeyStore(load_settings(data).data)
    key, text = keys.create(name=name, scope=scope, tenant=tenant, at=now())
    if as_json:
        print_json({"key": text, **_shown(key)})
    else:
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        errors.print("Keep it: it is not stored and will not be shown again.")


@commands.command("list")
def list_keys(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List keys, without their secrets."""
    found = KeyStore(load_settings(data).data).keys()
    if as_json:
        print_json([_shown(key) for key in found])
        return
    rows = [list(_shown(key).values()) for key in found]
    print_table("id", "name", "may", "tenant", "made at", rows=rows)


@commands.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a key away; it is refused from the next request on."""
    key = KeyStore(load_settings(data).data).revoke(key_id)
    if as_json:
        print_json({"ok": True, **_shown(key)})
    else:
        console.print(f"{key.name} ({key_id}) is revoked", markup=False)


@commands.command()
def first(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the admin key that was made at the first start, this once."""
    text = KeyStore(load_settings(data).data).take_first()
    if text is None:
        errors.print("It was shown, or none was made. Make another with `vivace key create`.")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json({"key": text})
    else:
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _shown(key: ApiKey) -> dict[str, str]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scope": key.scope.value,
        "tenant": key.tenant or "all",
        "created_at": format_instant(key.created_at),
    }
