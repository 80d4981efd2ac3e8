"""What sink and ClickHouse cost together: CPU from the sink's first look to the last merge."""

import time

from connectors.clickhouse.client import Database
from connectors.clickhouse.positions import load_positions
from connectors.kafka.client import describe_topics
from connectors.kafka.topics import Topic
from infra.bench.cores import CpuMeter, measured_cores
from infra.bench.engines import BenchPlace
from infra.bench.measuring import CHARGED_WITHIN_S
from infra.bench.progress import ends, ledger_positions
from infra.bench.site import Site

SINK = "sink"
_LANES = 2
_QUIET_S = 1.0
"""Merges are over when there was none for so long."""
_MERGED_WITHIN_S = 60.0


def catch_up(site: Site) -> None:
    """Let the sink store all there is, so that a measurement finds only what comes after."""
    site.start(SINK)
    _await_stored(site)
    site.stop(SINK)


def measure_sink(place: BenchPlace, events: int) -> float:
    """CPU µs an event of sink and ClickHouse, for these events that it has not stored yet.

    From the moment at which its lanes begin to read, so that its start is left out, until rows and
    positions are stored and the merges that they led to are over.
    """
    site = place.site
    lanes_before = _lanes_opened(site)
    child = site.start(SINK, cores=measured_cores())
    sink, server = CpuMeter(child.identity.pid), CpuMeter(place.clickhouse_pid)
    try:
        site.wait(lambda: _lanes_opened(site) >= lanes_before + _LANES, "sink", within_s=60)
        began = time.time()
        _await_stored(site)
        stored = time.time()
        _await_merges(site)
        merged = time.time()
    finally:
        sink.close()
        server.close()
        site.stop(SINK)
    return (sink.between(began, stored) + server.between(began, merged)) * 1e6 / events


def _lanes_opened(site: Site) -> int:
    log = site.folder / "logs" / f"{SINK}.log"
    return log.read_bytes().count(b"storing") if log.exists() else 0


def _await_stored(site: Site) -> None:
    """Wait until all that lies in `usage`, `charging` and the ledger is stored."""
    wanted = {Topic.LEDGER: ledger_positions(site.kafka)} | {
        topic: ends(site.kafka, topic) for topic in (Topic.USAGE, Topic.CHARGING)
    }
    names = {f"{site.kafka.prefix}{topic}": topic for topic in wanted}
    ids = {
        names[name]: facts.topic_id
        for name, facts in describe_topics(site.kafka, list(names)).items()
    }

    with Database(site.clickhouse) as database:

        def is_stored() -> bool:
            return all(
                _reaches(database, (topic, ids[topic]), positions)
                for topic, positions in wanted.items()
            )

        site.wait(is_stored, "all stored", within_s=CHARGED_WITHIN_S)


def _reaches(database: Database, topic: tuple[Topic, str], wanted: dict[int, int]) -> bool:
    stored = load_positions(database, *map(str, topic))
    return all(p in stored and stored[p].offset >= at for p, at in wanted.items() if at >= 0)


def _await_merges(site: Site) -> None:
    with Database(site.clickhouse) as database:
        quiet_since = time.monotonic()

        def are_over() -> bool:
            nonlocal quiet_since
            ((running,),) = database.query("SELECT count() FROM system.merges")
            if running:
                quiet_since = time.monotonic()
            return time.monotonic() - quiet_since > _QUIET_S

        site.wait(are_over, "merged", within_s=_MERGED_WITHIN_S)
