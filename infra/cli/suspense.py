"""vivace suspense: records that wait for a fact; look at them, try them again, give them up."""

from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from connectors.api.answers import SuspendedAnswer
from connectors.api.queries import suspense_counts, suspense_page
from connectors.clickhouse.client import Database
from connectors.kafka.commands import CommandSender
from connectors.kafka.suspense import discard_command, release, suspended_now
from connectors.settings import KafkaSettings
from infra.cli.options import DataOption, JsonOption, TenantOption, WaitOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings
from streams.model.refused import RefusedRecord

app = typer.Typer()
commands = typer.Typer(name="suspense", help="Records that wait for a fact.", no_args_is_help=True)
app.add_typer(commands)

RecordId = Annotated[str, typer.Argument(help="The record's id, 32 hex digits.")]
Code = Annotated[str, typer.Option(help="Only this reason code.", show_default="all")]
ServiceId = Annotated[
    str, typer.Option("--service", help="Only this service id.", show_default="all")
]
RecordIds = Annotated[
    list[str] | None, typer.Option("--id", help="Only this record id; may be repeated.")
]
Everything = Annotated[bool, typer.Option("--all", help="Everything that waits.")]


@commands.command("list")
def list_records(  # noqa: PLR0913 - filters
    tenant: TenantOption,
    state: Annotated[str, typer.Option(help="Only this state.")] = "suspended",
    code: Code = "",
    service_id: ServiceId = "",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=1000)] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List records of a tenant, and count them by state and code."""
    with Database(load_settings(data).clickhouse) as database:
        counts = suspense_counts(database, tenant)
        page = suspense_page(
            database, tenant, limit=limit, state=state, code=code, service_id=service_id
        )
    if as_json:
        print_json({"counts": counts, "records": page.records, "next": page.next})
        return
    table = Table()
    table.add_column("record", no_wrap=True)
    for column in ("code", "waits for", "source and event", "occurred at"):
        table.add_column(column, overflow="fold")
    for record in page.records:
        event = f"{record.source} {record.event_id}"
        table.add_row(record.record_id, record.code, record.lacks, event, record.occurred_at)
    console.print(table)
    for count in counts:
        console.print(f"{count.state:10} {count.code:24} {count.records:>9}", highlight=False)


@commands.command()
def show(
    record_id: RecordId, tenant: TenantOption, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show all that is known of one record."""
    with Database(load_settings(data).clickhouse) as database:
        found = suspense_page(database, tenant, record_id=_checked_id(record_id)).records
    if not found:
        errors.print(f"Record {record_id} of {tenant} was never suspended.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        print_json(found)
        return
    for record in found:
        for name in SuspendedAnswer.__struct_fields__:
            console.print(f"{name:12} {getattr(record, name)}", markup=False, highlight=False)


@dataclass(frozen=True)
class _Wanted:
    """Which records a command is about."""

    tenant: str
    code: str
    service_id: str
    ids: frozenset[str]
    everything: bool

    def has(self, refused: RefusedRecord) -> bool:
        return (
            refused.tenant == self.tenant
            and self.code in ("", refused.code)
            and self.service_id in ("", refused.service_id)
            and (not self.ids or refused.record_id.hex() in self.ids)
        )


@commands.command("release")
def release_records(  # noqa: PLR0913 - filters
    tenant: TenantOption,
    code: Code = "",
    service_id: ServiceId = "",
    ids: RecordIds = None,
    everything: Everything = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try records again now; what still cannot be charged is suspended again."""
    settings = load_settings(data).kafka
    found = _find(settings, _wanted(tenant, code, service_id, ids, everything=everything))
    sent = release(settings, found)
    if as_json:
        print_json({"ok": True, "released": sent})
    else:
        console.print(f"{sent} released")


@commands.command()
def discard(  # noqa: PLR0913 - filters
    tenant: TenantOption,
    reason: Annotated[str, typer.Option(help="Why; kept with the record.")],
    code: Code = "",
    service_id: ServiceId = "",
    ids: RecordIds = None,
    everything: Everything = False,
    wait: WaitOption = True,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Never charge these records."""
    settings = load_settings(data).kafka
    found = _find(settings, _wanted(tenant, code, service_id, ids, everything=everything))
    with CommandSender(settings) as sender:
        offsets = sender.send(discard_command(refused, reason=reason) for refused in found)
        if wait:
            sender.wait(offsets)
    if as_json:
        print_json({"ok": True, "discarded": len(found)})
    else:
        console.print(f"{len(found)} discarded")


def _wanted(
    tenant: str, code: str, service_id: str, ids: list[str] | None, *, everything: bool
) -> _Wanted:
    if not (code or service_id or ids or everything):
        raise typer.BadParameter("say which: --id, --code, --service, or --all")
    checked = frozenset(_checked_id(record_id) for record_id in ids or ())
    return _Wanted(tenant, code, service_id, checked, everything)


def _find(settings: KafkaSettings, wanted: _Wanted) -> list[RefusedRecord]:
    with errors.status("Reading what waits"):
        found = [refused for refused in suspended_now(settings) if wanted.has(refused)]
    if not found:
        errors.print("Nothing like that waits.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    return found


def _checked_id(record_id: str) -> str:
    if len(record_id) != 32 or not set(record_id.lower()) <= set("0123456789abcdef"):
        raise typer.BadParameter(f"{record_id!r}: a record id is 32 hex digits")
    return record_id.lower()
