"""vivace statement: every movement of an account, and what it held before and after."""

from typing import Annotated

import typer
from msgspec.structs import replace
from rich.table import Table

from connectors.api.answers import HeldAnswer, StatementPage
from connectors.api.queries import PAGE_MAX
from connectors.api.statements import statement_page
from connectors.catalog.resolution.dates import instant_at
from connectors.clickhouse.client import Database
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings
from streams.model.instant import Instant

app = typer.Typer()


@app.command()
def statement(  # noqa: PLR0913 - whose statement, of when, and how it is told
    account: Annotated[str, typer.Argument(help="The account's id.")],
    tenant: TenantOption,
    start: Annotated[
        str, typer.Option("--from", help="Date or time of the ledger.", show_default="all")
    ] = "",
    end: Annotated[
        str, typer.Option("--until", help="Date or time, itself left out.", show_default="now")
    ] = "",
    limit: Annotated[int, typer.Option(help="How many movements at most.", min=1)] = 10_000,
    after: Annotated[str, typer.Option(help="`next` of the statement before.")] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every movement of an account's balances, with what it held before and after.

    Movements are in the ledger's order and by the ledger's time, so the same span gives the same
    statement for ever.
    """
    span = (_instant(start), _instant(end))
    with Database(load_settings(data).clickhouse) as database:
        found = _all_pages(database, (tenant, account), span, limit=limit, after=after)
    if found is None:
        errors.print(f"Account {account} of {tenant} has no balance.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _all_pages(
    database: Database,
    whose: tuple[str, str],
    span: tuple[Instant, Instant],
    *,
    limit: int,
    after: str,
) -> StatementPage | None:
    start, end = span
    first = page = statement_page(
        database, *whose, start=start, end=end, limit=min(limit, PAGE_MAX), after=after
    )
    movements = [] if page is None else list(page.movements)
    while page is not None and page.next and len(movements) < limit:
        left = min(limit - len(movements), PAGE_MAX)
        page = statement_page(database, *whose, start=start, end=end, limit=left, after=page.next)
        movements += [] if page is None else page.movements
    if first is None or page is None:
        return None
    return replace(page, opening=first.opening, movements=movements)


def _show(found: StatementPage) -> None:
    _show_held("before", found.opening)
    table = Table(title=f"{found.account} of {found.tenant}", title_justify="left")
    for column in ("occurred at", "kind", "for", "resource", "bucket"):
        table.add_column(column, overflow="fold")
    for column in ("amount", "balance"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("position")
    for each in found.movements:
        what = each.product or each.event_id
        amounts = (f"{each.amount:+f}", f"{each.balance:f}")
        when = each.occurred_at.replace(".000000", "")
        table.add_row(when, each.kind, what, each.resource, each.bucket, *amounts, each.position)
    console.print(table)
    _show_held("after", found.closing)
    if found.next:
        console.print(f"More with --after {found.next}", style="dim")


def _show_held(moment: str, held: list[HeldAnswer]) -> None:
    told = ", ".join(
        f"{each.remaining:f} {each.resource}{f' of {each.bucket}' if each.bucket else ''}"
        for each in held
    )
    console.print(f"{moment}: {told or 'nothing'}", markup=False, highlight=False)


def _instant(text: str) -> Instant:
    if not text:
        return 0
    found = instant_at(text)
    if not found:
        raise typer.BadParameter(f"{text!r} is no date and no time")
    return found
