"""vivace explain: from an event's raw bytes to its lines, postings and balances."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from connectors.clickhouse.client import Database
from connectors.clickhouse.explain import Explanation, explain
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json, print_table
from infra.up import load_settings

app = typer.Typer()

_REFUSED = ("verdicts", "suspense", "errors", "outcomes")


@app.command(name="explain")
def explain_command(
    event: Annotated[
        str, typer.Argument(help="An event id, `source:id`, or a record id of 32 hex digits.")
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what became of an event, each rule that fired, and the balances around it."""
    with Database(load_settings(data).clickhouse) as database:
        found = explain(database, event)
    if not found.is_found:
        errors.print(f"Nothing is stored about event {event}.", style="red", markup=False)
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found.as_json())
    else:
        _show(found)


def _show(found: Explanation) -> None:
    parts = found.as_json()
    for message in parts["raw"]:
        place = f"{message['topic']}[{message['source_partition']}] {message['source_offset']}"
        console.print(f"[bold]raw[/] {place} at {message['recorded_at']}")
        console.print(message["value"], markup=False, style="dim")
    for name in _REFUSED:
        for row in parts[name]:
            _show_refused(name, row)
    for charge in parts["charges"]:
        _show_charge(charge)


def _show_refused(name: str, row: Mapping[str, Any]) -> None:
    state = row.get("verdict") or row.get("state")
    console.print(f"[bold]{name}[/] {state} {row['code']}: {row['detail']}")
    if row["lacks"]:
        console.print(f"  lacks {row['lacks']}", markup=False)


def _show_charge(charge: Mapping[str, Any]) -> None:
    console.print(
        f"[bold]charge[/] {_short(charge['amount'])} {charge['currency']}"
        f" to account {charge['account']}"
        f" of {charge['tenant']}, price plan {charge['price_plan']}, product {charge['product']}"
    )
    used = ", ".join(f"{_short(usage['quantity'])} {usage['unit']}" for usage in charge["usages"])
    console.print(f"  {charge['usage_type']} at {charge['occurred_at']}: {used}")
    if charge["cost"] is not None or _short(charge["tax"]) != "0":
        cost = "not told" if charge["cost"] is None else _short(charge["cost"])
        console.print(f"  of it tax {_short(charge['tax'])}; cost {cost}")
    _table("lines", charge["lines"], ("rule", "price", "unit", "quantity", "unit_amount", "amount"))
    _table("postings", charge["postings"], ("ledger_account", "resource", "amount"))
    _table("balances", charge["changes"], ("resource", "before", "after"))
    console.print(
        f"  ledger {charge['ledger_partition']}/{charge['ledger_offset']}/{charge['ledger_index']},"
        f" catalog {charge['catalog_version']}, engine {charge['engine']},"
        f" rated at {charge['rated_at']}",
        style="dim",
    )


def _table(title: str, rows: list[Mapping[str, Any]], names: tuple[str, ...]) -> None:
    if rows:
        told = [[_short(row[name]) for name in names] for row in rows]
        print_table(*names, rows=told, title=title)


def _short(value: str) -> str:
    """An exact amount without its trailing zeros; anything else as it is."""
    whole, point, digits = value.partition(".")
    if not point or not digits.isdigit():
        return value
    return f"{whole}.{digits}".rstrip("0").rstrip(".")
