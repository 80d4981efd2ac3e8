"""vivace bench: what the engine costs, beside a floor and a plain way on the same machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.bench.crash import measure_crash
from infra.bench.engines import bench_engines
from infra.bench.idle import IdleAmount, measure_idle
from infra.bench.measuring import Amount, own_place
from infra.bench.picture import profiler
from infra.bench.pipeline import WORKLOADS, WorkloadResult, measure_workload
from infra.bench.prices import measure_prices, rows_of
from infra.bench.rate import measure_rate
from infra.bench.record_ids import LONG
from infra.bench.recover import measure_recover
from infra.bench.session import measure_session
from infra.bench.signal import measure_signal
from infra.bench.zones import measure_zones
from infra.cli.bench_online import doors, online
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json, print_table
from infra.load.plan import Workload
from infra.up import load_settings

app = typer.Typer(help="Measure the engine on engines of its own; nothing is left behind.")

_PIPELINE_COLUMNS = (
    *("events/s", "µs/event", "× plain", "× floor", "charging µs", "sink µs", "sink / charging"),
    *("ms p50 / p99", "MiB"),
)

EventsOption = Annotated[int, typer.Option("--events", min=1000, help="Events of each workload.")]
WorkloadOption = Annotated[
    list[Workload] | None, typer.Option("--workload", help="Only this; may be repeated.")
]


def _tell(line: str) -> None:
    errors.print(f"[dim]{line}[/]", highlight=False)


@app.command()
def pipeline(  # noqa: PLR0913 - how much, of what
    data: DataOption = None,
    events: EventsOption = 200_000,
    workload: WorkloadOption = None,
    accounts: Annotated[
        int, typer.Option(min=1, help="Accounts of each of the two tenants.")
    ] = 10_000,
    is_long: Annotated[
        bool, typer.Option("--long", help="Put record ids of days of usage into the tables first.")
    ] = False,
    record_ids: Annotated[int, typer.Option("--ids", min=0, help="How many with --long.")] = LONG,
    profile: Annotated[
        Path | None,
        typer.Option(help="Folder for flame graphs of the worker; needs py-spy, slows it down."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Both stages on one core, to the acknowledged ledger, against floor and plain Faust."""
    amount = Amount(
        events=events,
        plain_events=min(events, 20_000),
        accounts=accounts,
        record_ids=record_ids if is_long else 0,
    )
    if profile is not None:
        profiler()
    with bench_engines(load_settings(data)) as place:
        results = {
            str(one): measure_workload(place, one, amount, _tell, pictures=profile)
            for one in workload or WORKLOADS
        }
    if as_json:
        print_json({"workloads": results})
    else:
        console.print(_pipeline_table(results))


def _pipeline_table(results: Mapping[str, WorkloadResult]) -> Table:
    table = Table(title="usage → ledger, one core", title_justify="left")
    table.add_column("workload")
    for column in _PIPELINE_COLUMNS:
        table.add_column(column, justify="right")
    for name, result in results.items():
        table.add_row(
            name,
            f"{result.events_per_s_core:,}",
            f"{result.us_per_event:.1f}",
            f"{result.times_plain:.1f}",
            f"{result.floor_ratio:.1f}",
            f"{result.charging_us_per_event:.1f}",
            f"{result.sink_us_per_event:.1f}",
            f"{result.sink_ratio:.2f}",
            f"{result.latency_ms.p50:.0f} / {result.latency_ms.p99:.0f}",
            f"{result.memory.rss_mb:,}",
        )
    return table


@app.command()
def rate(events: EventsOption = 50_000, as_json: JsonOption = False) -> None:
    """The pure core alone, without broker or disk: µs a record by pricing."""
    results = {str(one): measure_rate(one, events=events) for one in WORKLOADS}
    zones, prices = measure_zones(), measure_prices()
    if as_json:
        print_json({"workloads": results, "zones": zones, "prices": prices})
        return
    print_table(
        *("workload", "pricing", "mediate µs", "charge µs"),
        rows=[
            (name, result.pricing, f"{result.mediate_us:.1f}", f"{result.charge_us:.1f}")
            for name, result in results.items()
        ],
    )
    console.print(
        f"zones: {zones.prefixes:,} prefixes compiled in {zones.compile_s} s,"
        f" {zones.lookup_us} µs a look-up"
    )
    spent = rows_of(prices).items()
    print_table("price", "charge µs", rows=[(name, f"{us:.1f}") for name, us in spent])
    console.print(f"a call of 3,600 s costs {prices.long_call} times one of 60 s, by the second")


@app.command()
def session(
    sessions: Annotated[int, typer.Option(min=100, help="Sessions of each measurement.")] = 5_000,
    profile: Annotated[
        Path | None, typer.Option(help="File for what cProfile sees; slows it down by half.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Reserve and confirm without broker or network: µs of a worker's core a request."""
    result = measure_session(sessions=sessions, profile=profile)
    if as_json:
        print_json(result)
        return
    table = Table("part", "at once", "reserve µs", "confirm µs", "mean µs")
    for together, reserve in result.reserve_us.items():
        confirm = result.confirm_us[together]
        row = (f"{reserve:.1f}", f"{confirm:.1f}", f"{(reserve + confirm) / 2:.1f}")
        table.add_row("the owner's", together, *row)
    for callers, asked in result.door_us.items():
        table.add_row("all of it", callers, "", "", f"{asked:.1f}")
    console.print(table)


@app.command()
def recover(
    data: DataOption = None, events: EventsOption = 200_000, as_json: JsonOption = False
) -> None:
    """Rows a second out of the ledger into empty tables, with record ids."""
    with bench_engines(load_settings(data)) as place:
        result = measure_recover(place, Amount(events=events), _tell)
    if as_json:
        print_json(result)
        return
    console.print(
        f"{result.rows:,} rows at {result.rows_per_s:,} a second, {result.us_per_row} µs each"
    )


app.command()(online)
app.command()(doors)


@app.command()
def signal(
    data: DataOption = None,
    rounds: Annotated[int, typer.Option(min=100, help="How often each is done.")] = 500,
    as_json: JsonOption = False,
) -> None:
    """Time until a gateway hears what its session is told: by a threshold, by a command."""
    with bench_engines(load_settings(data)) as place:
        result = measure_signal(place, rounds=rounds, tell=_tell)
    if as_json:
        print_json(result)
        return
    told = (
        ("the debit that reaches a threshold", result.threshold),
        ("its answer", result.after_answer),
        ("a command to the account", result.command),
    )
    rows = [(name, f"{heard.p50_ms:.2f}", f"{heard.p99_ms:.2f}") for name, heard in told]
    print_table("from", "p50 ms", "p99 ms", rows=rows)


@app.command()
def crash(
    data: DataOption = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often every step is gone through.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Kill processes at every named step; ends with 1 where anything is lost or doubled."""
    with bench_engines(load_settings(data)) as place:
        result = measure_crash(place, rounds=rounds, tell=_tell)
    if as_json:
        print_json(result)
    else:
        rows = [(death.step, death.process, str(death.kills)) for death in result.deaths]
        print_table("step", "process", "kills", rows=rows)
        console.print(
            f"{result.records:,} records: lost {result.lost}, doubled {result.doubled}, audit"
            f" {'holds' if result.audit_ok else 'fails'}"
        )
    if result.lost or result.doubled or not result.audit_ok:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def idle(
    data: DataOption = None,
    accounts: Annotated[int, typer.Option(min=10, help="Accounts that nobody uses.")] = 100_000,
    months: Annotated[int, typer.Option(min=2, help="Months of ticks.")] = 24,
    as_json: JsonOption = False,
) -> None:
    """Monthly grants of idle accounts, and what usage feels of them; 1 where a balance is wrong."""
    amount = IdleAmount(accounts=accounts, months=months, watched=min(2, months - 1))
    with bench_engines(load_settings(data)) as place, own_place(place.site, Workload.VOICE) as here:
        result = measure_idle(here, amount, _tell)
    if as_json:
        print_json(result)
    else:
        quiet, busy = result.quiet_ms, result.busy_ms
        console.print(
            f"{accounts:,} grants in {result.grants_s_median} s, at most {result.grants_s_most} s,"
            f" {result.us_per_grant} µs each; over {months} months {result.wrong} balances wrong"
        )
        console.print(
            f"usage, ms p50 / p99: {quiet.p50:.0f} / {quiet.p99:.0f} before,"
            f" {busy.p50:.0f} / {busy.p99:.0f} meanwhile: {result.times_quiet} times"
        )
    if result.wrong:
        raise typer.Exit(ExitCode.FAILED)
