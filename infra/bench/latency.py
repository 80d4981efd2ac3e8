"""From producing an event to its balance: a steady stream at a part of the full rate.

An event is done when its charge stands in the ledger as any reader sees it, with the balances after
it; that is also what the owner answers by from then on.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from statistics import quantiles
from typing import Any

from msgspec import Struct

from connectors.kafka.client import new_producer
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from infra.bench.cores import measured_cores, on_cores, other_cores
from infra.bench.ledger_watch import LedgerWatch, Place
from infra.bench.preload import WORKER, WORKER_PROGRAM
from infra.bench.progress import ledger_positions
from infra.bench.site import Site
from infra.load.messages import messages
from infra.load.plan import LoadPlan, Message

SHARE = 3
"""A third of the full rate is asked for."""
LASTS_S = 10.0
WARM_S = 2.0
"""What is sent at first is left out: connections are made, and programs just started are slow."""
_DONE_WITHIN_S = 120.0
_TURN_S = 0.005


class Latency(Struct, kw_only=True):
    """Milliseconds from producing an event to its balance, at so many events a second."""

    p50: float
    p99: float
    events_per_s: int


def measure_latency(site: Site, plan: LoadPlan, *, per_second: float) -> Latency:
    """Send the plan's events evenly while a worker runs on the measured core."""
    ready = ledger_positions(site.kafka)
    site.start(WORKER, program=WORKER_PROGRAM, cores=measured_cores())
    try:
        # Each partition's first record of a new owner says that it is open.
        site.wait(lambda: _all_beyond(site, ready), "partitions open", within_s=_DONE_WITHIN_S)
        with on_cores(other_cores()), LedgerWatch(site.kafka) as watch:
            return paced_latency(site, plan, watch, per_second=per_second)
    finally:
        site.stop(WORKER)


def paced_latency(
    site: Site,
    plan: LoadPlan,
    watch: LedgerWatch,
    *,
    per_second: float,
    going: Callable[[], bool] = lambda: True,
) -> Latency:
    """Send the plan's events evenly to a worker that runs, as long as `going()` says so."""
    sent = _send(site.kafka, paced(plan, per_second, going))
    site.wait(lambda: watch.seen.keys() >= sent.keys(), "all charged", within_s=_DONE_WITHIN_S)
    warm = min(sent.values()) + min(WARM_S, (max(sent.values()) - min(sent.values())) / 2)
    took = [(watch.seen[place] - at) * 1000 for place, at in sent.items() if at >= warm]
    cuts = quantiles(took, n=100, method="inclusive")
    return Latency(p50=round(cuts[49], 1), p99=round(cuts[98], 1), events_per_s=round(per_second))


def _all_beyond(site: Site, before: dict[int, int]) -> bool:
    now = ledger_positions(site.kafka)
    return all(now[partition] > at for partition, at in before.items())


def _send(kafka: KafkaSettings, paced: Iterable[Message]) -> dict[Place, float]:
    """When each message was produced, by its place.

    The order of events does not matter here, so requests in flight have no bound: at the bound,
    librdkafka 2.16 polls without a pause, and takes the broker the core that they share.
    """
    producer = new_producer(kafka, {"linger.ms": 5, "enable.idempotence": False})
    sent: dict[Place, float] = {}

    def noting(at: float) -> Any:
        def note(error: Any, message: Any) -> None:
            assert error is None, error
            sent[message.partition(), message.offset()] = at

        return note

    for message in paced:
        producer.produce(
            f"{kafka.prefix}{Topic.USAGE}",
            message.value,
            key=message.key,
            headers=list(message.headers),
            on_delivery=noting(time.monotonic()),
        )
        producer.poll(0)
    producer.flush(_DONE_WITHIN_S)
    return sent


def paced(plan: LoadPlan, per_second: float, going: Callable[[], bool]) -> Iterator[Message]:
    """The plan's messages, none before its time, as long as `going()` says so."""
    began = time.monotonic()
    for number, message in enumerate(messages(plan)):
        while (early := began + number / per_second - time.monotonic()) > 0:
            time.sleep(min(early, _TURN_S))
        if not going():
            return
        yield message
