"""vivace clock: the time of a test tenant, moved forward with all that falls due."""

import time
from typing import Annotated, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from connectors.api.clock import advance_of, later_by
from connectors.clickhouse.client import Database
from connectors.clickhouse.clocks import await_folded, own_times_of
from connectors.clock import now
from connectors.errors import Unavailable
from connectors.kafka.catalog_topic import read_catalogs
from connectors.kafka.client import describe_topics
from connectors.kafka.commands import CommandSender
from connectors.kafka.ledger import ledger_topic
from connectors.settings import KafkaSettings
from infra.cli.options import DataOption, JsonOption, TenantOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings
from streams.model.catalog import version_of
from streams.model.instant import Instant, format_instant

app = typer.Typer()
commands = typer.Typer(
    name="clock", help="The time of test tenants, and moving it forward.", no_args_is_help=True
)
app.add_typer(commands)

_STORED_S = 60.0
_STEPS_MAX = 10_000


@commands.command()
def advance(
    span: Annotated[str, typer.Argument(help="Such as 1h, 36h, 1d or 1m; m is a month.")],
    tenant: TenantOption,
    step: Annotated[str, typer.Option(help="How far at once.")] = "1d",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move the time of a test tenant forward, step by step: fees, grants, expiry, all that is due.

    Each step waits until what the last one made due is done on all partitions, and stored. The
    first advance begins now; from then on the tenant's time stands still between advances. A
    tenant with a catalog that is no test is refused.
    """
    settings = load_settings(data)
    _refuse_real(settings.kafka, tenant)
    ledger = ledger_topic(settings.kafka)
    ledger_id = describe_topics(settings.kafka, [ledger])[ledger].topic_id
    with Database(settings.clickhouse) as database, CommandSender(settings.kafka) as sender:
        begin = max(own_times_of(database, tenant).values(), default=now())
        steps = _steps(begin, span, step)
        with _progress() as progress:
            task = progress.add_task(f"{tenant} at {format_instant(begin)}", total=len(steps))
            for at in steps:
                offsets = sender.send([advance_of(tenant, at)])
                sender.wait(offsets)
                await_folded(database, offsets, ledger_id=ledger_id, within_s=_STORED_S)
                progress.update(task, advance=1, description=f"{tenant} at {format_instant(at)}")
        reached = _await_told(database, tenant, steps[-1], settings.kafka.partitions)
    if as_json:
        print_json({"tenant": tenant, "at": format_instant(reached), "steps": len(steps)})
    else:
        console.print(f"It is {format_instant(reached)} for {tenant}")


@commands.command()
def show(tenant: TenantOption, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show what time it is for a tenant: its own, once it was advanced, or the engine's."""
    with Database(load_settings(data).clickhouse) as database:
        times = own_times_of(database, tenant)
    at = min(times.values(), default=now())
    if as_json:
        print_json({"tenant": tenant, "own": bool(times), "at": format_instant(at)})
    elif times:
        console.print(f"It is {format_instant(at)} for {tenant}, until it is advanced")
    else:
        console.print(f"{tenant} has no time of its own: it is {format_instant(at)}")


def _steps(begin: Instant, span: str, step: str) -> list[Instant]:
    """The times on the way, `step` apart, the last one at the end of the span."""
    end, first = later_by(begin, span), later_by(begin, step)
    if end is None or first is None:
        wrong = span if end is None else step
        raise typer.BadParameter(f"{wrong!r} is no span such as 1h, 36h, 1d or 1m")
    found, at = [], first
    while at < end:
        found.append(at)
        if len(found) > _STEPS_MAX:
            raise typer.BadParameter(f"{span} has more than {_STEPS_MAX} steps of {step}")
        following = later_by(at, step)
        assert following is not None
        at = following
    return [*found, end]


def _refuse_real(settings: KafkaSettings, tenant: str) -> None:
    assembly, catalogs = read_catalogs(settings)
    active = {mark.version for mark in assembly.active_versions(tenant)}
    real = [
        version_of(each)
        for each in catalogs
        if each.tenant == tenant and not each.is_test and version_of(each) in active
    ]
    if not active:
        _refuse(f"There is no catalog of {tenant}.")
    if real:
        _refuse(f"{tenant} is no test: its catalog {real[0]} says nothing of `test`.")


def _refuse(why: str) -> NoReturn:
    errors.print(why, style="red", markup=False, highlight=False)
    raise typer.Exit(ExitCode.FAILED)


def _await_told(database: Database, tenant: str, at: Instant, partitions: int) -> Instant:
    """Wait until the time of all partitions is stored; the least of them."""
    give_up_at = time.monotonic() + _STORED_S
    while True:
        times = own_times_of(database, tenant)
        if len(times) == partitions and min(times.values()) >= at:
            return min(times.values())
        if time.monotonic() > give_up_at:
            raise Unavailable(f"only {times} of {partitions} partitions are there")
        time.sleep(0.1)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=errors
    )
