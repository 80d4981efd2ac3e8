"""vivace balance: what an account holds, and up to where in the ledger that is true."""

from typing import Annotated

import typer
from rich.table import Table

from connectors.api.queries import balance_of
from connectors.clickhouse.client import Database
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings

app = typer.Typer()


@app.command()
def balance(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    tenant: TenantOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an account holds and has used."""
    with Database(load_settings(data).clickhouse) as database:
        found = balance_of(database, tenant, account)
    if found is None:
        errors.print(f"Account {account} of {tenant} has no balance.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found)
        return
    table = Table(
        "resource", "bucket", "from", "until", title=f"{account} of {tenant}", title_justify="left"
    )
    table.add_column("granted", justify="right")
    table.add_column("remaining", justify="right")
    for bucket in found.buckets:
        period = (bucket.period_start, bucket.period_end)
        table.add_row(
            bucket.resource, bucket.id, *period, f"{bucket.granted:f}", f"{bucket.remaining:f}"
        )
    console.print(table)
    for total in found.totals:
        span = f"from {total.period_start} until {total.period_end}"
        console.print(f"{total.accumulator} {span}: {total.total:f}")
    places = ", ".join(f"{at.partition}/{at.offset}" for at in found.ledger)
    console.print(f"As of ledger position {places}, changed at {found.changed_at}", style="dim")
