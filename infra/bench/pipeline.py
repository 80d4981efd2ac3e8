"""Both stages on one core, from topic `usage` to the acknowledged ledger, beside floor and plain.

For each workload the same messages lie in topic `usage` before anything is measured. The floor, the
plain way and the worker then run one after the other, alone on the last core, with the broker on
the others; a twentieth of the events is warm-up and left out. After that, each with events of their
own: charging alone, the time to a balance at a third of the rate, and at last sink and ClickHouse,
on all that the ledger has got.
"""

from dataclasses import replace
from pathlib import Path

from msgspec import Struct

from infra.bench.engines import BenchPlace
from infra.bench.latency import LASTS_S, SHARE, Latency, measure_latency
from infra.bench.measuring import (
    Amount,
    Run,
    Tell,
    furnish,
    mediate,
    own_place,
    per_second,
    plan_of,
    run_both,
    run_charging,
    run_program,
    us_per_event,
)
from infra.bench.preload import FLOOR_TOPIC, preload
from infra.bench.record_ids import preload_ids
from infra.bench.site import Site
from infra.bench.storing import catch_up, measure_sink
from infra.load.plan import Workload
from infra.load.population import TENANTS
from streams.model.instant import Instant

WORKLOADS = (Workload.LLM, Workload.VOICE, Workload.API)
_MIB = 1024 * 1024


class Memory(Struct, kw_only=True):
    """The most memory the worker held, in MiB, with so many accounts."""

    rss_mb: int
    accounts: int


class WorkloadResult(Struct, kw_only=True):
    """One workload: the engine's speed on one core, and against floor and plain.

    `times_plain` is our events a second over plain's; `floor_ratio` our CPU an event over the
    floor's; `charging_us_per_event` the CPU of charging alone; `sink_us_per_event` the CPU of sink
    and ClickHouse together, `sink_ratio` that over charging's. `record_ids` stood in the tables
    before.
    """

    events_per_s_core: int
    us_per_event: float
    times_plain: float
    floor_ratio: float
    charging_us_per_event: float
    sink_us_per_event: float
    sink_ratio: float
    latency_ms: Latency
    memory: Memory
    plain_events_per_s: int
    plain_us_per_event: float
    floor_us_per_event: float
    events: int
    record_ids: int


def measure_workload(
    place: BenchPlace,
    workload: Workload,
    amount: Amount,
    tell: Tell,
    *,
    pictures: Path | None = None,
) -> WorkloadResult:
    """Measure one workload on topics, database and folders of its own.

    `pictures` is a folder for the worker's profile.
    """
    with own_place(place.site, workload) as here:
        measurement = _Measurement(replace(place, site=here), workload, amount, tell)
        return measurement.result(pictures and pictures / f"{workload}.svg")


class _Measurement:
    """The measurements of one workload, in their order."""

    def __init__(self, place: BenchPlace, workload: Workload, amount: Amount, tell: Tell) -> None:
        self._place = place
        self._site = place.site
        self._workload = workload
        self._amount = amount
        self._tell_all = tell
        self._stored = 0
        """Events that the sink will find."""

    def _tell(self, line: str) -> None:
        self._tell_all(f"{self._workload}: {line}")

    def result(self, picture: Path | None) -> WorkloadResult:
        amount = self._amount
        start = self._begin()
        self._tell("the floor")
        floor = run_program(_floor_arguments(self._site, amount))
        self._tell(f"plain Faust, {amount.plain_events:,} of the events")
        plain = run_program(_plain_arguments(self._site, amount, start))
        self._tell("the engine")
        ours = run_both(self._site, amount.events, picture=picture)
        charging_us = us_per_event(self._charging(start).stretch)
        latency = self._latency(start, per_second(ours.stretch))
        sink_us = self._sink()
        return WorkloadResult(
            events_per_s_core=round(per_second(ours.stretch)),
            us_per_event=round(us_per_event(ours.stretch), 2),
            times_plain=round(per_second(ours.stretch) / per_second(plain), 2),
            floor_ratio=round(us_per_event(ours.stretch) / us_per_event(floor), 2),
            charging_us_per_event=round(charging_us, 2),
            sink_us_per_event=round(sink_us, 2),
            sink_ratio=round(sink_us / charging_us, 2),
            latency_ms=latency,
            memory=Memory(rss_mb=ours.rss_bytes // _MIB, accounts=TENANTS * amount.accounts),
            plain_events_per_s=round(per_second(plain)),
            plain_us_per_event=round(us_per_event(plain), 2),
            floor_us_per_event=round(us_per_event(floor), 2),
            events=ours.stretch.events,
            record_ids=amount.record_ids,
        )

    def _begin(self) -> Instant:
        amount = self._amount
        self._tell(f"accounts and {amount.events:,} events into the broker")
        start = furnish(self._site, amount)
        catch_up(self._site)
        if amount.record_ids:
            self._tell(f"{amount.record_ids:,} record ids into the tables")
            preload_ids(self._site, amount.record_ids)
        preload(self._site.kafka, plan_of(self._workload, amount, start))
        self._stored = amount.events
        return start

    def _charging(self, start: Instant) -> Run:
        self._tell("charging alone")
        preload(self._site.kafka, plan_of(self._workload, self._amount, start, lot=1))
        self._stored += self._amount.events
        mediate(self._site)
        return run_charging(self._site, self._amount.events)

    def _latency(self, start: Instant, full: float) -> Latency:
        rate = full / SHARE
        self._tell(f"time to the balance at {rate:,.0f} events a second")
        few = replace(self._amount, events=round(rate * LASTS_S))
        self._stored += few.events
        return measure_latency(
            self._site, plan_of(self._workload, few, start, lot=2), per_second=rate
        )

    def _sink(self) -> float:
        self._tell("sink and ClickHouse")
        return measure_sink(self._place, self._stored)


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
