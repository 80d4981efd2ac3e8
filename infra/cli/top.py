"""vivace top: sessions, requests and how long they take, live."""

from time import sleep
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table

from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import console, print_json
from infra.doors import WorkerDoors
from infra.top import PartitionLine, Picture, Watching
from infra.up import load_settings

app = typer.Typer()


@app.command()
def top(
    data: DataOption = None,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.2)] = 1.0,
    once: Annotated[
        bool, typer.Option("--once", help="Look once, over that time, and end.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Watch sessions, grants, request rates and latencies of each worker and partition, live."""
    with WorkerDoors(load_settings(data)) as doors:
        watching = Watching(doors)
        watching.look()
        sleep(every)
        if once or as_json:
            picture = watching.look()
            if as_json:
                print_json(picture)
            else:
                console.print(table_of(picture))
            return
        with Live(table_of(watching.look()), console=console, screen=True) as live:
            while True:
                sleep(every)
                live.update(table_of(watching.look()))


def table_of(picture: Picture) -> Table:
    """The picture as a screen shows it."""
    whole = picture.total
    title = (
        f"{whole.sessions:,} sessions, {whole.requests_per_s:,.0f} requests a second,"
        f" {picture.granted_per_s:,.0f} granted, {picture.refused_per_s:,.0f} refused,"
        f" {picture.streams} streams"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("worker")
    table.add_column("partition", justify="right")
    for column in ("sessions", "requests/s", "records/s", "steps/s", "CPU %", "p50 ms", "p99 ms"):
        table.add_column(column, justify="right")
    for line in picture.partitions:
        table.add_row(line.worker, str(line.partition), *_numbers(line))
    table.add_section()
    table.add_row("all", "", *_numbers(whole))
    return table


def _numbers(line: PartitionLine) -> tuple[str, ...]:
    return (
        f"{line.sessions:,}",
        f"{line.requests_per_s:,.0f}",
        f"{line.records_per_s:,.0f}",
        f"{line.steps_per_s:,.0f}",
        f"{line.cpu_percent:.0f}",
        "" if line.p50_ms is None else f"{line.p50_ms:.2f}",
        "" if line.p99_ms is None else f"{line.p99_ms:.2f}",
    )
