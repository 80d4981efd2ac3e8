"""Sends usage evenly until it is told to stop: the batch load beside which something is measured.

A program of its own: `python -m infra.bench.steady`, settings from the environment.
"""

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.kafka.client import new_producer
from connectors.kafka.topics import Topic
from infra.bench.cores import other_cores
from infra.bench.latency import paced
from infra.bench.progress import ends
from infra.bench.site import Site
from infra.load.plan import LoadPlan, Workload
from streams.model.instant import HOUR, Instant
from topologies.settings import Settings

NAME = "load"
LASTS_S_MAX = 3600
_LINGER_MS = 5
_COMES_WITHIN_S = 60.0
_FLUSH_S = 30.0


@contextmanager
def steady_load(
    site: Site, *, per_second: float, accounts: int, start: Instant, seed: int
) -> Iterator[None]:
    """API requests of the usual accounts, so many a second, off the measured core.

    Returns once the first have come.
    """
    wanted = {
        "--per-second": per_second,
        "--accounts": accounts,
        "--start": start,
        "--seed": seed,
    }
    words = [str(word) for each in wanted.items() for word in each]
    before = ends(site.kafka, Topic.USAGE)
    site.start(NAME, program=("infra.bench.steady", *words), cores=other_cores())
    try:
        site.wait(
            lambda: ends(site.kafka, Topic.USAGE) != before, "usage", within_s=_COMES_WITHIN_S
        )
        yield
    finally:
        site.stop(NAME)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-second", type=float, required=True)
    for name in ("--accounts", "--start", "--seed"):
        parser.add_argument(name, type=int, required=True)
    wanted = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    plan = LoadPlan(
        events=round(wanted.per_second * LASTS_S_MAX),
        start=wanted.start,
        span=HOUR,
        workload=Workload.API,
        seed=wanted.seed,
        accounts=wanted.accounts,
    )
    kafka = Settings().kafka
    producer = new_producer(kafka, {"linger.ms": _LINGER_MS, "enable.idempotence": False})
    for message in paced(plan, wanted.per_second, lambda: not stopped.is_set()):
        producer.produce(
            f"{kafka.prefix}{Topic.USAGE}",
            message.value,
            key=message.key,
            headers=list(message.headers),
        )
        producer.poll(0)
    producer.flush(_FLUSH_S)


if __name__ == "__main__":
    main()
