"""Both stages on one core, from topic `usage` to the acknowledged ledger, beside floor and plain.

For each workload the same messages lie in topic `usage` before anything is measured. The floor, the
plain way and the worker then run one after the other, alone on the last core, with the broker on
the others; a twentieth of the events is warm-up and left out. Sink and ClickHouse are measured
after that, on the ledger that the worker has written.
"""

import time
from dataclasses import replace

from msgspec import Struct

from connectors.clickhouse.client import Database
from infra.bench.cores import CpuMeter, measured_cores
from infra.bench.engines import BenchPlace
from infra.bench.measuring import (
    CHARGED_WITHIN_S,
    Amount,
    Tell,
    fill,
    own_place,
    per_second,
    run_program,
    run_worker,
    us_per_event,
)
from infra.bench.preload import FLOOR_TOPIC
from infra.bench.progress import Mark
from infra.bench.site import Site
from infra.load.plan import Workload
from streams.model.instant import Instant

WORKLOADS = (Workload.LLM, Workload.VOICE, Workload.API)
_MERGES_S = 3.0


class WorkloadResult(Struct, kw_only=True):
    """One workload: the engine's speed on one core, and against floor and plain.

    `times_plain` is our events a second over plain's; `floor_ratio` our CPU an event over the
    floor's; `sink_us_per_event` the CPU of sink and ClickHouse together.
    """

    events_per_s_core: int
    us_per_event: float
    times_plain: float
    floor_ratio: float
    sink_us_per_event: float
    plain_events_per_s: int
    plain_us_per_event: float
    floor_us_per_event: float
    events: int


def measure_workload(
    place: BenchPlace, workload: Workload, amount: Amount, tell: Tell
) -> WorkloadResult:
    """Measure one workload on topics, database and folders of its own."""
    with own_place(place.site, workload) as here:
        tell(f"{workload}: accounts and {amount.events:,} events into the broker")
        start = fill(here, workload, amount)
        tell(f"{workload}: the floor")
        floor = run_program(_floor_arguments(here, amount))
        tell(f"{workload}: plain Faust, {amount.plain_events:,} of the events")
        plain = run_program(_plain_arguments(here, amount, start))
        tell(f"{workload}: the engine")
        ours = run_worker(here, amount.events)
        tell(f"{workload}: sink and ClickHouse")
        sink_us = _measure_sink(replace(place, site=here), amount.events)
    return WorkloadResult(
        events_per_s_core=round(per_second(ours)),
        us_per_event=round(us_per_event(ours), 2),
        times_plain=round(per_second(ours) / per_second(plain), 2),
        floor_ratio=round(us_per_event(ours) / us_per_event(floor), 2),
        sink_us_per_event=round(sink_us, 2),
        plain_events_per_s=round(per_second(plain)),
        plain_us_per_event=round(us_per_event(plain), 2),
        floor_us_per_event=round(us_per_event(floor), 2),
        events=ours.events,
    )


def _floor_arguments(site: Site, amount: Amount) -> list[str]:
    prefix = site.kafka.prefix
    return [
        "infra.bench.floor",
        *("--bootstrap", site.kafka.bootstrap),
        *("--source", f"{prefix}usage", "--sink", f"{prefix}{FLOOR_TOPIC}"),
        *("--events", str(amount.events)),
    ]


def _plain_arguments(site: Site, amount: Amount, start: Instant) -> list[str]:
    return [
        "infra.bench.plain",
        *("--bootstrap", site.kafka.bootstrap),
        *("--source", f"{site.kafka.prefix}usage"),
        *("--events", str(amount.plain_events)),
        *("--accounts", str(amount.accounts), "--start", str(start)),
        *("--directory", str(site.folder / "plain")),
    ]


def _measure_sink(here: BenchPlace, events: int) -> float:
    """CPU µs an event of sink and ClickHouse together, from its first rows until it has all.

    Merges that follow within some seconds count as well.
    """
    child = here.site.start("sink", cores=measured_cores())
    sink, server = CpuMeter(child.identity.pid), CpuMeter(here.clickhouse_pid)
    marks: list[Mark] = []
    try:
        with Database(here.site.clickhouse) as database:

            def stored() -> bool:
                ((count,),) = database.query("SELECT count() FROM rated")
                if count and (not marks or count > marks[-1].done):
                    marks.append(Mark(time.time(), count))
                return bool(count >= events)

            here.site.wait(stored, "all stored", within_s=CHARGED_WITHIN_S)
        time.sleep(_MERGES_S)
    finally:
        sink.close()
        server.close()
        here.site.stop("sink")
    first, last = marks[0], marks[-1]
    spent = sink.between(first.at, last.at) + server.between(first.at, last.at + _MERGES_S)
    return spent * 1e6 / max(1, last.done - first.done)
