"""What the measurements share: a place of their own, a filled topic, a worker on one core."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.kafka.topics import Topic
from infra.bench.cores import CpuMeter, measured_cores, on_cores
from infra.bench.floor import Stretch
from infra.bench.picture import drawn
from infra.bench.preload import WORKER, WORKER_PROGRAM, preload, prepare, remove_place
from infra.bench.progress import (
    Mark,
    charged_stretch,
    charging_ends,
    ends,
    ledger_marks,
    ledger_positions,
    measured_stretch,
    mediation_marks,
)
from infra.bench.site import Site
from infra.load.plan import LoadPlan, Workload
from streams.model.instant import HOUR, Instant

PROGRAM_WITHIN_S = 900.0
CHARGED_WITHIN_S = 600.0

Tell = Callable[[str], None]
"""Where a measurement says what it does."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much is measured. The plain way is slow, so it gets fewer of the same events."""

    events: int = 200_000
    plain_events: int = 20_000
    accounts: int = 10_000
    record_ids: int = 0
    """Record ids that stand in the tables before the first event."""
    seed: int = 1


@contextmanager
def own_place(site: Site, workload: Workload) -> Iterator[Site]:
    """The same engines with topics, a database and a folder for this workload alone."""
    name = f"bench_{workload}_{uuid.uuid4().hex[:6]}"
    here = Site(
        kafka=replace(site.kafka, prefix=f"{name}."),
        clickhouse=replace(site.clickhouse, database=name),
        folder=site.folder / name,
    )
    with here:
        yield here
    remove_place(here)


def furnish(site: Site, amount: Amount) -> Instant:
    """Put catalogs and accounts into the ledger; the time of the first event to come."""
    start = time.time_ns() // 1000 - HOUR
    prepare(site, accounts=amount.accounts, at=start)
    return start


def plan_of(workload: Workload, amount: Amount, start: Instant, *, lot: int = 0) -> LoadPlan:
    """The events of a workload; every lot of them has other ids."""
    return LoadPlan(
        events=amount.events,
        start=start,
        span=HOUR,
        workload=workload,
        seed=amount.seed + lot,
        accounts=amount.accounts,
    )


def fill(site: Site, workload: Workload, amount: Amount) -> Instant:
    """Put accounts into the ledger and good events into topic `usage`; the first event's time."""
    start = furnish(site, amount)
    preload(site.kafka, plan_of(workload, amount, start))
    return start


def run_program(arguments: Sequence[str]) -> Stretch:
    """Run a measuring program alone on the measured core and read its one line."""
    with on_cores(measured_cores()):
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            capture_output=True,
            timeout=PROGRAM_WITHIN_S,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{done.stderr.decode()[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Stretch(found["events"], found["wall_s"], found["cpu_s"])


@dataclass(frozen=True, kw_only=True)
class Run:
    """A measured run of a worker: the stretch, and the most memory it held."""

    stretch: Stretch
    rss_bytes: int


def run_worker(site: Site, events: int) -> Stretch:
    """Both agents in one process on the measured core, until the ledger has every event."""
    return run_both(site, events).stretch


def run_both(site: Site, events: int, *, picture: Path | None = None) -> Run:
    """The same, with its memory; `picture` is where its profile is drawn, which slows it down."""
    sent_before = charging_ends(site.kafka)

    def stretch(charged: Sequence[Mark]) -> tuple[Mark, Mark]:
        return measured_stretch(mediation_marks(site.kafka, start=sent_before), charged)

    return _measured(site, events, WORKER_PROGRAM, (stretch, picture))


def run_charging(site: Site, events: int) -> Run:
    """Charging alone on the measured core, over what mediation has passed on before."""
    return _measured(site, events, ("infra.processes", "charging"), (charged_stretch, None))


def _measured(
    site: Site,
    events: int,
    program: Sequence[str],
    how: tuple[Callable[[Sequence[Mark]], tuple[Mark, Mark]], Path | None],
) -> Run:
    stretch_of, picture = how
    before, ended = ledger_positions(site.kafka), ends(site.kafka, Topic.LEDGER)
    child = site.start(WORKER, program=program, cores=measured_cores())
    meter = CpuMeter(child.identity.pid)
    try:
        site.wait(
            lambda: ends(site.kafka, Topic.LEDGER) != ended, "begun", within_s=CHARGED_WITHIN_S
        )
        with drawn(child.identity.pid, picture):
            site.wait(
                lambda: site.mediated() and site.charged(), "all charged", within_s=CHARGED_WITHIN_S
            )
    finally:
        meter.close()
        site.stop(WORKER)
    first, last = stretch_of(ledger_marks(site.kafka, start=before))
    if last.done != events:
        raise RuntimeError(f"{events} events were sent, the ledger has {last.done}")
    cpu_s = meter.between(first.at, last.at)
    return Run(
        stretch=Stretch(last.done - first.done, last.at - first.at, cpu_s), rss_bytes=meter.rss_max
    )


def mediate(site: Site) -> None:
    """Let mediation pass on all usage there is."""
    site.start("mediation")
    site.wait(site.mediated, "all mediated", within_s=CHARGED_WITHIN_S)
    site.stop("mediation")


def us_per_event(stretch: Stretch) -> float:
    """CPU microseconds an event."""
    return stretch.cpu_s * 1e6 / stretch.events


def per_second(stretch: Stretch) -> float:
    """Events a second of wall time."""
    return stretch.events / stretch.wall_s
