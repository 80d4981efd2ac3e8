"""vivace bill-units: what an account's bill units hold, and how far each is."""

from typing import Annotated

import typer
from rich.table import Table

from connectors.api.bill_units import BillUnitsAnswer, UnitTotalAnswer, bill_units
from connectors.clickhouse.client import Database
from connectors.kafka.newest_catalogs import NewestCatalogs
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings

app = typer.Typer()


@app.command("bill-units")
def show_bill_units(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    tenant: TenantOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the bill units of an account: open, closing, closed or billed, with their totals."""
    settings = load_settings(data)
    grace = NewestCatalogs(settings.kafka).of(tenant).grace
    with Database(settings.clickhouse) as database:
        found = bill_units(database, tenant, account, grace=grace)
    if found is None:
        errors.print(f"There is no account {account} of {tenant}.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: BillUnitsAnswer) -> None:
    table = Table(title=f"{found.account} of {found.tenant}", title_justify="left")
    for column in ("from", "until", "status"):
        table.add_column(column, no_wrap=True)
    table.add_column("invoice", overflow="fold")
    for column in ("charges", "late", "amount", "adjusted"):
        table.add_column(column, justify="right")
    for unit in found.units:
        span = (_short(unit.start), _short(unit.end), unit.status, unit.invoice)
        if not unit.totals:
            table.add_row(*span)
        for total in unit.totals:
            late = sum(each.charges for each in total.late)
            counts = (str(total.charges), str(late or ""))
            table.add_row(*span, *counts, *_amounts(total))
    console.print(table)
    ledger = found.ledger
    console.print(f"As of ledger position {ledger.partition}/{ledger.offset}", style="dim")


def _amounts(total: UnitTotalAnswer) -> tuple[str, str]:
    return f"{total.amount:f} {total.currency}", f"{total.adjusted:f}" if total.adjusted else ""


def _short(text: str) -> str:
    """A day where it begins at midnight."""
    return text.replace(".000000", "").removesuffix("T00:00:00Z")
