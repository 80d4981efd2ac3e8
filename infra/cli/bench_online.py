"""vivace bench online, doors: what callers see, beside what is needed and beside the plain way."""

from typing import Annotated

import typer
from rich.table import Table

from infra.bench.callers import Answered
from infra.bench.doors import PLAIN, measure_doors
from infra.bench.engines import bench_engines
from infra.bench.online import measure_online
from infra.bench.online_long import LongResult, measure_long
from infra.bench.online_result import OnlineResult, Series
from infra.bench.online_world import OnlineAmount
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings

_COLUMNS = ("p50 ms", "p99 ms", "a second", "× bare p50, p99", "CPU µs", "a core")


def _tell(line: str) -> None:
    errors.print(f"[dim]{line}[/]", highlight=False)


def online(
    data: DataOption = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each measurement lasts.")] = 10,
    fsync: Annotated[
        bool, typer.Option("--fsync", help="Each ledger record is on disk before an answer.")
    ] = False,
    minutes: Annotated[
        float, typer.Option(min=0, help="One long run in the place of the short ones.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Sessions over HTTP by 1, 8 and 64 callers, alone and beside a batch load."""
    amount = OnlineAmount(seconds=seconds, flush=fsync)
    with bench_engines(load_settings(data)) as place:
        if minutes:
            found: OnlineResult | LongResult = measure_long(
                place, amount, minutes=minutes, tell=_tell
            )
        else:
            found = measure_online(place, amount, _tell)
    if as_json:
        print_json(found)
    elif isinstance(found, LongResult):
        _show_long(found)
    else:
        _show(found)
    if found.overspend != "0" or found.errors:
        raise typer.Exit(ExitCode.FAILED)


def _show(found: OnlineResult) -> None:
    load = found.beside
    console.print(_series("alone", found))
    console.print(_series(f"beside {load.charged_per_s:,} events a second", load))
    console.print(
        f"batch load: {load.charged_per_s:,} events/s charged of {load.sent_per_s:,} sent; at most"
        f" {load.capacity_per_s:,}"
    )
    verbs = _table("a whole dialogue, alone")
    for verb, seen in found.verbs.items():
        verbs.add_row(verb, "8", *_row(seen, None))
    for accounts, seen in found.reserves.items():
        verbs.add_row(f"reserve, {accounts}", "64", *_row(seen, found.bare_produce["64"]))
    console.print(verbs)
    needs = Table("needed" + (", with fsync" if found.fsync else ""), "", "found", "holds")
    for need in found.needs:
        needs.add_row(need.what, need.needed, need.found, "yes" if need.holds else "[red]no[/]")
    console.print(needs)
    console.print(
        f"overspend {found.overspend}; refused for lack of money {found.refused:,} times;"
        f" errors {found.errors or 'none'}"
    )


def _table(title: str) -> Table:
    table = Table("", "callers", title=title, title_justify="left")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    return table


def _series(title: str, series: Series) -> Table:
    table = _table(title)
    for accounts, by_callers in (("many", series.callers), ("one", series.hot)):
        for callers, seen in by_callers.items():
            table.add_row(accounts, callers, *_row(seen, series.bare_produce[callers]))
    for callers, seen in series.bare_produce.items():
        table.add_row("bare", callers, *_row(seen, None))
    return table


def _row(seen: Answered, bare: Answered | None) -> tuple[str, ...]:
    times, cpu = "", ("", "")
    if bare is not None:
        times = f"{seen.p50_ms / bare.p50_ms:.1f}, {seen.p99_ms / bare.p99_ms:.1f}"
    if seen.cpu_us is not None:
        cpu = (f"{seen.cpu_us:.0f}", f"{1e6 / max(seen.cpu_us, 1):,.0f}")
    return f"{seen.p50_ms:.2f}", f"{seen.p99_ms:.2f}", f"{seen.per_s:,}", times, *cpu


def _show_long(found: LongResult) -> None:
    table = Table("minute", "p50 ms", "p99 ms", "requests/s", "MiB")
    for number, minute in enumerate(found.minutes, 1):
        seen = minute.answered
        row = (f"{seen.p50_ms:.2f}", f"{seen.p99_ms:.2f}", f"{seen.per_s:,}", f"{minute.rss_mb:,}")
        table.add_row(str(number), *row)
    console.print(table)
    console.print(
        f"beside {found.charged_per_s:,} events/s; overspend {found.overspend}; refused for lack"
        f" of money {found.refused:,} times; errors {found.errors or 'none'}"
    )


def doors(
    data: DataOption = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each measurement lasts.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """The doors of the trade beside a worker's own: the same sessions by each."""
    with bench_engines(load_settings(data)) as place:
        found = measure_doors(place, seconds=seconds, tell=_tell)
    if as_json:
        print_json(found)
        return
    table = Table("door", "callers", "verb", "p50 ms", "p99 ms", "requests/s", "p50 × plain")
    for door, result in found.items():
        for callers, by_verb in result.callers.items():
            plain = [*found[PLAIN].callers[callers].values()]
            for number, (verb, seen) in enumerate(by_verb.items()):
                beside = plain[number] if len(by_verb) == len(plain) else plain[-1]
                row = (f"{seen.p50_ms:.2f}", f"{seen.p99_ms:.2f}", f"{seen.per_s:,}")
                table.add_row(door, callers, verb, *row, f"{seen.p50_ms / beside.p50_ms:.1f}")
    console.print(table)
