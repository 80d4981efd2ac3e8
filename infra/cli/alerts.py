"""vivace alerts: thresholds that accounts crossed, and left again."""

from typing import Annotated

import typer
from rich.table import Table

from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.alerts import stored_alerts
from connectors.clickhouse.client import Database
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import console, print_json
from infra.up import load_settings
from streams.model.instant import Instant

app = typer.Typer()


@app.command()
def alerts(  # noqa: PLR0913 - filters
    tenant: TenantOption,
    account: Annotated[str, typer.Option(help="Only this account.", show_default="all")] = "",
    since: Annotated[
        str, typer.Option(help="Raised at this day or instant, or later.", show_default="always")
    ] = "",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alerts of a tenant, newest first."""
    start = _instant(since)
    with Database(load_settings(data).clickhouse) as database:
        found = stored_alerts(database, tenant, account=account, since=start, limit=limit)
    if as_json:
        print_json(found)
        return
    table = Table()
    for column in ("raised at", "account", "threshold", "kind", "resource"):
        table.add_column(column, overflow="fold")
    table.add_column("level", justify="right")
    table.add_column("value", justify="right")
    table.add_column("to", overflow="fold")
    table.add_column("action")
    for alert in found:
        words = (alert.raised_at, alert.account, alert.threshold, alert.kind, alert.resource)
        told = (", ".join(alert.recipients), alert.action)
        table.add_row(*words, f"{alert.level:f}", f"{alert.value:f}", *told)
    console.print(table)


def _instant(text: str) -> Instant:
    """What `--since` says; without it, everything."""
    found = instant_at(text) if text else 0
    if found is None:
        raise typer.BadParameter(f"{text!r}: expected a day or an instant, such as 2026-01-31")
    return found
