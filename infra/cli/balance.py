"""vivace balance: what an account holds or held, and up to where in the ledger that is true."""

from typing import Annotated

import typer
from rich.table import Table

from connectors.api.answers import BalanceAnswer, LedgerPosition, PastBalanceAnswer
from connectors.api.queries import balance_of
from connectors.api.statements import balance_at, position_of
from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.client import Database
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings
from streams.model.instant import Instant

app = typer.Typer()


@app.command()
def balance(  # noqa: PLR0913 - whose balance, of when, and how it is told
    account: Annotated[str, typer.Argument(help="The account's id.")],
    tenant: TenantOption,
    at: Annotated[
        str, typer.Option(help="What it held before this date or time.", show_default="now")
    ] = "",
    as_of: Annotated[
        list[str] | None,
        typer.Option(help="Or at this ledger position, PARTITION/OFFSET; may be repeated."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an account holds and has used, or what it held at a past moment.

    A moment is a time of the ledger: what was written before it counts.
    """
    if at and as_of:
        raise typer.BadParameter("say --at or --as-of, not both")
    places = {place: offset + 1 for place, offset in map(position_of, as_of)} if as_of else None
    with Database(load_settings(data).clickhouse) as database:
        found: BalanceAnswer | PastBalanceAnswer | None
        if at or places is not None:
            instant = _instant(at) if at else 0
            found = balance_at(database, tenant, account, at=instant, as_of=places)
        else:
            found = balance_of(database, tenant, account)
    if found is None:
        errors.print(f"Account {account} of {tenant} has no balance.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found)
    elif isinstance(found, PastBalanceAnswer):
        _show_past(found)
    else:
        _show(found)


def _show(found: BalanceAnswer) -> None:
    table = _table(found, "resource", "bucket", "from", "until")
    table.add_column("granted", justify="right")
    table.add_column("remaining", justify="right")
    table.add_column("reserved", justify="right")
    for bucket in found.buckets:
        period = (bucket.period_start, bucket.period_end)
        held = (bucket.granted, bucket.remaining, bucket.reserved)
        table.add_row(bucket.resource, bucket.id, *period, *(f"{each:f}" for each in held))
    console.print(table)
    for total in found.totals:
        bounds = (("from", total.period_start), ("until", total.period_end))
        span = "".join(f" {word} {at}" for word, at in bounds if at)
        kind = "" if total.aggregate == "sum" else f" ({total.aggregate})"
        console.print(f"{total.accumulator}{kind}{span}: {total.total:f}")
    places = _places(found.ledger)
    console.print(f"As of ledger position {places}, changed at {found.changed_at}", style="dim")


def _show_past(found: PastBalanceAnswer) -> None:
    table = _table(found, "resource", "bucket", "from")
    table.add_column("remaining", justify="right")
    for held in found.buckets:
        table.add_row(held.resource, held.bucket, held.period_start, f"{held.remaining:f}")
    console.print(table)
    console.print(f"As of ledger position {_places(found.ledger) or 'none yet'}", style="dim")


def _table(found: BalanceAnswer | PastBalanceAnswer, *columns: str) -> Table:
    return Table(*columns, title=f"{found.account} of {found.tenant}", title_justify="left")


def _places(ledger: list[LedgerPosition]) -> str:
    return ", ".join(f"{at.partition}/{at.offset}" for at in ledger)


def _instant(text: str) -> Instant:
    found = instant_at(text)
    if not found:
        raise typer.BadParameter(f"{text!r} is no date and no time")
    return found
