"""vivace sessions, signal: charging sessions that run, and what they are told."""

from typing import Annotated

import msgspec
import typer
from rich.table import Table

from connectors.clock import now
from connectors.errors import Refused
from connectors.online.listing import RunningServiceBody, RunningSessionBody, RunningSessions
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import console, print_json
from infra.cli.sending import Account, Root, sent
from infra.doors import WorkerDoors
from infra.up import load_settings
from streams.model.instant import SECOND
from streams.model.session_command import OutsideCause, SessionAction, SignalSessions

app = typer.Typer()


@app.command()
def sessions(
    account: Account,
    tenant: TenantOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the charging sessions of an account that run, with what they hold."""
    found: list[RunningSessionBody] = []
    with WorkerDoors(load_settings(data)) as doors:
        after = ""
        while True:
            page = doors.look(f"tenants/{tenant}/accounts/{account}/sessions", after=after)
            if page is None:
                raise Refused(f"no worker knows account {account} of {tenant}")
            told = msgspec.json.decode(page, type=RunningSessions)
            found += told.sessions
            after = told.next
            if not after:
                break
    if as_json:
        print_json(found)
        return
    table = Table()
    for column in ("session", "service", "gateway", "since", "until", "told"):
        table.add_column(column, overflow="fold")
    for column in ("used", "granted", "holds"):
        table.add_column(column, overflow="fold", justify="right")
    for session in found:
        words = (session.session, session.service_id, session.gateway, session.opened_at)
        follows = ", ".join(f"{name} {status}" for name, status in session.follows.items())
        last = session.control or follows
        table.add_row(*words, session.valid_until, last, *_columns(session.services))
    console.print(table)


def _columns(services: list[RunningServiceBody]) -> tuple[str, str, str]:
    used = (f"{n} {unit}" for each in services for unit, n in each.used.items())
    granted = (f"{n} {unit}" for each in services for unit, n in each.granted.items())
    holds = (f"{hold.quantity} {hold.resource}" for each in services for hold in each.holds)
    return "\n".join(used), "\n".join(granted), "\n".join(holds)


@app.command()
@sent
def signal(  # noqa: PLR0913 - a command by its fields
    command_id: str,
    account: Account,
    action: Annotated[SessionAction, typer.Argument(help="What the sessions are told to do.")],
    tenant: TenantOption,
    session: Annotated[str, typer.Option(help="This one alone.", show_default="all")] = "",
    service: Annotated[str, typer.Option(help="Those of this service id alone.")] = "",
    value: Annotated[str, typer.Option(help="The rate, filter or address.")] = "",
    reason: Annotated[str, typer.Option(help="Told with it.")] = "",
    cause: Annotated[OutsideCause, typer.Option(help="operator, fraud or policy.")] = "operator",
    grace: Annotated[
        int, typer.Option(help="Seconds after an end in which the last report is awaited.", min=0)
    ] = 60,
    root: Root = "",
) -> SignalSessions:
    """Tell the running sessions of an account to ask again, slow down, go elsewhere or end."""
    return SignalSessions(
        command_id,
        tenant,
        account,
        root or account,
        action,
        now(),
        session,
        service,
        value,
        reason,
        cause,
        grace * SECOND,
    )
