"""One process that runs agents: prepared, served until it is asked to end or fails, then drained.

Ending on SIGTERM takes seconds and exits with 0. A failure exits non-zero with the batches in hand
unacknowledged; the next start takes them again.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
import uvloop

from connectors.catalog.compile import compile_plan
from connectors.kafka.catalog_library import CatalogLibrary
from connectors.kafka.client import await_broker
from connectors.kafka.owners import ANNOUNCE_S, OwnersAnnouncer, WorkerAnnouncement
from topologies import metrics
from topologies.app import check_session, check_topics, shared_topics
from topologies.settings import Settings
from topologies.stage import Stage, StageFactory, WorkerOptions, WorkerParts
from topologies.transport.stop import end_after

STOP_S: Final = 10.0
"""An orderly end that takes longer is cut off."""

CRASHED_STOP_S: Final = 2.0
"""How long a worker that failed tries to end in order."""

TURN_S: Final = 0.25
"""How soon news of the worker is told."""

GAUGES_S: Final = 2.0
"""How often its gauges are brought up to date."""

ENGINE: Final = "0.1.0"
"""The engine's version, as ledger records and refused records name it."""

_log = structlog.get_logger()


def run_stages(settings: Settings, factories: Sequence[StageFactory]) -> None:
    """Run these stages in this process until SIGTERM or SIGINT. Raises what stopped them."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_now)
    for library in ("faust", "mode", "aiokafka"):
        logging.getLogger(library).setLevel(logging.ERROR)
    parts = _prepare(settings)
    # Structs of a batch live as long as the batch; the default thresholds spend a third of the
    # processor looking for cycles among them.
    gc.set_threshold(200_000, 20, 50)
    parts.library.start()
    try:
        parts.library.wait_ready()
        # Modules and compiled catalogs stay for good: no cycle in them is worth looking for.
        gc.collect()
        gc.freeze()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(parts, factories, settings.worker))
    finally:
        parts.library.close()


def _exit_now(*_: Any) -> None:
    raise SystemExit(0)


def _prepare(settings: Settings) -> WorkerParts:
    """Wait for the broker and check what would leave the worker idle or wrong. Raises Refused."""
    kafka = settings.kafka
    options = WorkerOptions(
        session_timeout_s=settings.session_s,
        metrics_port=settings.metrics_port or None,
        online_host=settings.online_host,
        online_port=settings.online_port,
        standbys=settings.standbys,
        keys=settings.data,
    )
    await_broker(kafka)
    check_session(kafka, options)
    check_topics(kafka, shared_topics(kafka))
    metrics.serve(options.metrics_port)
    folder = settings.data / "workers" / settings.worker
    folder.mkdir(parents=True, exist_ok=True)
    return WorkerParts(
        kafka=kafka,
        folder=folder,
        library=CatalogLibrary(kafka, compile_plan),
        options=options,
        engine=ENGINE,
    )


async def _serve(parts: WorkerParts, factories: Sequence[StageFactory], name: str) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    stages: list[Stage] = []
    failure: BaseException | None = None
    try:
        for factory in factories:
            stages.append(factory(parts))
            await _unless_asked(stages[-1].open(), asked)
        failure = await _until_end(parts, stages, asked, name)
    except BaseException as error:
        failure = error
    end_after(STOP_S)
    # A crashed app stops the client's thread first, which leaves its group; what then waits for
    # that thread waits in vain.
    with suppress(TimeoutError):
        async with asyncio.timeout(CRASHED_STOP_S if failure is not None else None):
            await _stop(stages)
    if failure is not None:
        raise failure


async def _unless_asked(opening: Coroutine[Any, Any, None], asked: asyncio.Event) -> None:
    """Open a stage, but not any more once the process was asked to end."""
    task = asyncio.create_task(opening)
    waiting = asyncio.create_task(asked.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    else:
        task.cancel()


async def _until_end(
    parts: WorkerParts, stages: Sequence[Stage], asked: asyncio.Event, name: str
) -> BaseException | None:
    """Start the apps and wait; returns what failed, None where the process was asked to end."""
    if asked.is_set():
        return None
    telling = asyncio.create_task(_tell(parts, stages, name))
    starts = {asyncio.create_task(stage.app.start()) for stage in stages}
    ends = {asyncio.create_task(stage.app.wait_until_stopped()) for stage in stages}
    ends.add(asyncio.create_task(asked.wait()))
    pending: set[asyncio.Task[Any]] = {telling, *starts, *ends}
    try:
        while not pending.isdisjoint(ends) and len(pending & ends) == len(ends):
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.exception() is not None:
                    return task.exception()
        return next((stage.app.crash_reason for stage in stages if stage.app.crash_reason), None)
    finally:
        for task in (telling, *starts, *ends):
            task.cancel()


async def _tell(parts: WorkerParts, stages: Sequence[Stage], name: str) -> None:
    """Say again and again what this worker runs, until cancelled; then take it back."""
    announcer = OwnersAnnouncer(parts.kafka)
    said: WorkerAnnouncement | None = None
    quiet_s = gauged_s = 0.0
    try:
        while True:
            parts.library.check()
            news = _announcement(parts, stages, name)
            if news != said or quiet_s >= ANNOUNCE_S:
                announcer.announce(news)
                said, quiet_s = news, 0.0
            if gauged_s <= 0:
                for stage in stages:
                    stage.observe()
                gauged_s = GAUGES_S
            await asyncio.sleep(TURN_S)
            quiet_s += TURN_S
            gauged_s -= TURN_S
    finally:
        announcer.withdraw(name)


def _announcement(parts: WorkerParts, stages: Sequence[Stage], name: str) -> WorkerAnnouncement:
    partitions: dict[int, int] = {}
    active: set[str] = set()
    for stage in stages:
        partitions.update(stage.partitions())
        active.update(stage.active_versions())
    return WorkerAnnouncement(
        worker=name,
        agents=tuple(stage.name for stage in stages),
        address=next((stage.address for stage in stages if stage.address), ""),
        partitions=partitions,
        versions=parts.library.versions(),
        active=tuple(sorted(active)),
    )


async def _stop(stages: Sequence[Stage]) -> None:
    for stage in stages:
        await stage.drain()
    for stage in stages:
        await stage.app.stop()
    for stage in stages:
        await stage.close()
