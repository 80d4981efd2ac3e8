"""Engines of a measurement's own: new folders, free ports, pinned off the measured core."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.bench.cores import on_cores, other_cores
from infra.bench.guard import guarded
from infra.bench.site import Site
from infra.engines import choose_ports, jar_cache, publish, start_all, starters
from infra.kafka.jars import ensure_jars
from topologies.settings import Settings

_STOP_WITHIN_S = 20.0


@dataclass(frozen=True)
class BenchPlace:
    """Where a measurement runs: a site, and the process of its database."""

    site: Site
    clickhouse_pid: int


@contextmanager
def bench_engines(settings: Settings) -> Iterator[BenchPlace]:
    """Start a broker and a database in a temporary folder; nothing is left of them after.

    They do not flush each record to disk, so that what is measured is the engine.
    """
    with (
        tempfile.TemporaryDirectory(prefix="vivace-bench-") as name,
        guarded(Path(name)),
    ):
        fresh = Settings(
            data=Path(name),
            fast=True,
            kafka_port=0,
            clickhouse_port=0,
            kafka_bootstrap="",
            clickhouse_host="",
            maven_repository=settings.maven_repository,
        )
        jars = ensure_jars(jar_cache(settings), repository=settings.maven_repository)
        ports = choose_ports(fresh)
        with on_cores(other_cores()):
            children = start_all(starters(fresh, ports, jars))
        try:
            running = publish(fresh, ports)
            site = Site(running.kafka, running.clickhouse, Path(name) / "sites")
            yield BenchPlace(site, children["clickhouse"].identity.pid)
        finally:
            for child in children.values():
                child.stop(within_s=_STOP_WITHIN_S)
