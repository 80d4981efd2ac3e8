"""vivace entitlement: what an account may use, and how much of it is left."""

from typing import Annotated

import typer
from rich.table import Table

from connectors import clock
from connectors.api.answers import EntitlementAnswer
from connectors.api.entitlements import entitlements
from connectors.clickhouse.client import Database
from connectors.kafka.newest_catalogs import NewestCatalogs
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings

app = typer.Typer()


@app.command()
def entitlement(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    tenant: TenantOption,
    feature: Annotated[
        str, typer.Argument(help="The entitlement's id.", show_default="all of them")
    ] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an account may use, by its price plans and its balances.

    Asked for one feature, it ends with 1 where the account may not use it.
    """
    settings = load_settings(data)
    catalog = NewestCatalogs(settings.kafka).of(tenant)
    with Database(settings.clickhouse) as database:
        found = entitlements(database, catalog, account, at=clock.now(), feature=feature)
    if found is None:
        errors.print(f"There is no account {account} of {tenant}.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found[0] if feature else found)
    else:
        _show(found)
    if feature and not found[0].allowed:
        raise typer.Exit(ExitCode.FAILED)


def _show(found: list[EntitlementAnswer]) -> None:
    table = Table("feature", "allowed", "reason", "value", "price plan")
    for column in ("granted", "used", "remaining"):
        table.add_column(column, justify="right")
    table.add_column("resets at")
    for each in found:
        meter = each.balance
        amounts = ("", "", "", "")
        if meter is not None:
            granted = "no bound" if meter.unlimited else f"{meter.granted:f}"
            left = "" if meter.unlimited else f"{meter.remaining:f}"
            amounts = (granted, f"{meter.used:f}", left, meter.next_reset_at)
        allowed = "yes" if each.allowed else "no"
        table.add_row(each.feature, allowed, each.reason, each.value, each.price_plan, *amounts)
    console.print(table)
    if found:
        places = ", ".join(f"{at.partition}/{at.offset}" for at in found[0].ledger)
        console.print(f"As of ledger position {places}", style="dim")
