"""Both stages on one core, from topic `usage` to the acknowledged ledger, beside floor and plain.

For each workload the same messages lie in topic `usage` before anything is measured. The worker,
the floor and the plain way then run one after the other, alone on the last core, with the broker on
the others; a twentieth of the events is warm-up and left out. Sink and ClickHouse are measured
after that, on the ledger that the worker has written.
"""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import Struct

from infra.bench.cores import CpuMeter, measured_cores, on_cores, other_cores, pin
from infra.bench.floor import Stretch
from infra.bench.preload import delete_topics, preload, prepare
from infra.bench.progress import ledger_marks, measured_stretch
from infra.bench.site import Site
from infra.load.plan import LoadPlan, Workload
from streams.model.instant import HOUR, Instant

WORKLOADS = (Workload.LLM, Workload.VOICE, Workload.API)
_PROGRAM_WITHIN_S = 900.0
_CHARGED_WITHIN_S = 600.0


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """How much is measured. The plain way is slow, so it gets fewer of the same events."""

    events: int = 200_000
    plain_events: int = 20_000
    accounts: int = 10_000
    seed: int = 1


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
    site: Site, workload: Workload, options: PipelineOptions, tell: Callable[[str], None]
) -> WorkloadResult:
    """Measure one workload on topics, database and folders of its own."""
    with _own_place(site, workload) as here:
        start = time.time_ns() // 1000 - HOUR
        plan = LoadPlan(
            events=options.events,
            start=start,
            span=HOUR,
            workload=workload,
            seed=options.seed,
            accounts=options.accounts,
        )
        tell(f"{workload}: accounts and {options.events:,} events into the broker")
        prepare(here, accounts=options.accounts, at=start)
        preload(here.kafka, plan)
        tell(f"{workload}: floor")
        floor = _program(_floor_arguments(here, options))
        tell(f"{workload}: plain Faust, {options.plain_events:,} of the events")
        plain = _program(_plain_arguments(here, options, start))
        tell(f"{workload}: the engine")
        ours = _measure_worker(here, options.events)
        tell(f"{workload}: sink and ClickHouse")
        sink_us = _measure_sink(here, options.events)
    us_per_event = _us(ours)
    return WorkloadResult(
        events_per_s_core=round(ours.events / ours.wall_s),
        us_per_event=round(us_per_event, 2),
        times_plain=round((ours.events / ours.wall_s) / (plain.events / plain.wall_s), 2),
        floor_ratio=round(us_per_event / _us(floor), 2),
        sink_us_per_event=round(sink_us, 2),
        plain_events_per_s=round(plain.events / plain.wall_s),
        plain_us_per_event=round(_us(plain), 2),
        floor_us_per_event=round(_us(floor), 2),
        events=ours.events,
    )


def _us(stretch: Stretch) -> float:
    return stretch.cpu_s * 1e6 / stretch.events


@contextmanager
def _own_place(site: Site, workload: Workload) -> Iterator[Site]:
    """The same engines with topics, a database and a folder for this workload alone."""
    name = f"bench_{workload}_{uuid.uuid4().hex[:6]}"
    here = Site(
        kafka=replace(site.kafka, prefix=f"{name}."),
        clickhouse=replace(site.clickhouse, database=name),
        folder=site.folder / name,
    )
    with here:
        yield here
    delete_topics(here)


def _program(arguments: Sequence[str]) -> Stretch:
    """Run a measuring program alone on the measured core and read its one line."""
    with on_cores(measured_cores()):
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=_PROGRAM_WITHIN_S,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{done.stderr.decode()[-2000:]}")
    found = json.loads(done.stdout)
    return Stretch(found["events"], found["wall_s"], found["cpu_s"])


def _floor_arguments(site: Site, options: PipelineOptions) -> list[str]:
    prefix = site.kafka.prefix
    return [
        "infra.bench.floor",
        *("--bootstrap", site.kafka.bootstrap),
        *("--source", f"{prefix}usage", "--sink", f"{prefix}floor"),
        *("--events", str(options.events)),
    ]


def _plain_arguments(site: Site, options: PipelineOptions, start: Instant) -> list[str]:
    return [
        "infra.bench.plain",
        *("--bootstrap", site.kafka.bootstrap),
        *("--source", f"{site.kafka.prefix}usage"),
        *("--events", str(options.plain_events)),
        *("--accounts", str(options.accounts), "--start", str(start)),
        *("--directory", str(site.folder / "plain")),
    ]


def _measure_worker(site: Site, events: int) -> Stretch:
    """Both agents in one process on the measured core, until the ledger has every event."""
    before = _ledger_ends(site)
    child = site.start("worker", program=("infra.bench.worker",), cores=measured_cores())
    meter = CpuMeter(child.identity.pid)
    try:
        site.wait(
            lambda: site.mediated() and site.charged(), "all charged", within_s=_CHARGED_WITHIN_S
        )
    finally:
        meter.close()
        site.stop("worker")
    first, last = measured_stretch(ledger_marks(site.kafka, start=before))
    if last.done != events:
        raise RuntimeError(f"{events} events were sent, the ledger has {last.done}")
    return Stretch(last.done - first.done, last.at - first.at, meter.between(first.at, last.at))


def _ledger_ends(site: Site) -> dict[int, int]:
    """Where each partition's chain stands before the measurement."""
    return ledger_positions(site.kafka)


def _measure_sink(site: Site, events: int) -> float:
    """CPU µs an event of sink and ClickHouse together, from its start until it has caught up."""
    raise NotImplementedError
