"""vivace caps: how far caps that accounts share are used."""

from typing import Annotated

import typer
from rich.table import Table

from connectors import clock
from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.caps import cap_sums
from connectors.clickhouse.client import Database
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import console, print_json
from infra.up import load_settings

app = typer.Typer()


@app.command()
def caps(
    tenant: TenantOption,
    cap: Annotated[
        str, typer.Option(help="Only this cap, with all its groups.", show_default="all")
    ] = "",
    at: Annotated[
        str, typer.Option(help="A day or an instant of the period.", show_default="now")
    ] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the caps that accounts share, and what all of them have used, as of the ledger."""
    moment = instant_at(at) if at else clock.now()
    if moment is None:
        raise typer.BadParameter(f"{at!r}: expected a day or an instant, such as 2026-01-31")
    with Database(load_settings(data).clickhouse) as database:
        found = cap_sums(database, tenant, at=moment, cap=cap)
    if as_json:
        print_json(found)
        return
    table = Table("cap", "from", "until")
    for column in ("most", "used", "reserved", "beyond"):
        table.add_column(column, justify="right")
    for each in found:
        amounts = (each.most, each.used, each.reserved, each.beyond)
        period = (each.period_start, each.period_end)
        table.add_row(each.cap, *period, *(f"{amount:f}" for amount in amounts))
    console.print(table)
