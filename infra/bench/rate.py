"""The pure core alone, one core, no broker: what mediation and charging of a record cost."""

import gc
import time
from collections.abc import Iterator

from msgspec import Struct

from infra.bench.world import World, make_world
from infra.load.messages import messages
from infra.load.plan import LoadPlan, Workload
from streams.model.instant import HOUR
from streams.model.usage import SourcePosition, UsageBatch
from streams.state import Effects
from topologies.runner import SourceMessage

PRICING: dict[Workload, str] = {
    Workload.LLM: "per_unit by model and token kind, monthly allowance",
    Workload.VOICE: "zone, time band, per second, monthly allowance",
    Workload.API: "graduated on a monthly accumulator",
}
_FETCH = 1000


class RateResult(Struct, kw_only=True):
    """Microseconds a record, by stage; `pricing` says what the workload asks of the core."""

    pricing: str
    mediate_us: float
    charge_us: float
    records: int


def measure_rate(workload: Workload, *, events: int = 50_000, accounts: int = 5_000) -> RateResult:
    """Mediate and charge the events of a workload in memory."""
    start = time.time_ns() // 1000 - HOUR
    world = make_world(accounts=accounts, at=start)
    plan = LoadPlan(events=events, start=start, span=HOUR, workload=workload, accounts=accounts)
    fetches = list(_fetches(plan))
    runner = world.runner()
    gc.collect()
    gc.set_threshold(200_000, 20, 50)
    began = time.process_time()
    outputs = [runner.run(fetch, topic="usage", topic_id="rate", partition=0) for fetch in fetches]
    mediated = time.process_time() - began
    batches = [batch for output in outputs for batch in output.batches.get(0, ())]
    began = time.process_time()
    charged = sum(_charge(world, batch) for batch in batches)
    spent = time.process_time() - began
    assert charged == events, (charged, events)
    return RateResult(
        pricing=PRICING[workload],
        mediate_us=round(mediated * 1e6 / events, 2),
        charge_us=round(spent * 1e6 / events, 2),
        records=events,
    )


def _fetches(plan: LoadPlan) -> Iterator[list[SourceMessage]]:
    fetch: list[SourceMessage] = []
    at = plan.start + plan.span
    for offset, message in enumerate(messages(plan)):
        fetch.append(SourceMessage(offset, at, message.key, message.value, message.headers))
        if len(fetch) == _FETCH:
            yield fetch
            fetch = []
    if fetch:
        yield fetch


def _charge(world: World, batch: UsageBatch) -> int:
    effects = Effects()
    for record in batch.records:
        position = SourcePosition(batch.topic_id, batch.partition, record.offset, record.index)
        world.charging.charge_record(record, position=position, state=world.state, effects=effects)
    world.charging.settle(world.state, effects)
    return len(effects.rated)
