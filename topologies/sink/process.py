"""The sink's process: both lanes until SIGTERM; a lane that fails ends it, with nothing lost."""

import gc
import threading
from collections.abc import Callable
from typing import Final, Protocol

import pyarrow as pa
import structlog

from connectors.clickhouse.client import Database, await_database
from connectors.errors import Unavailable
from connectors.kafka.client import await_broker
from connectors.kafka.registry import codec_of
from connectors.settings import ClickHouseSettings
from topologies.follower_metrics import serve
from topologies.settings import Settings
from topologies.sink.intake import IntakeLane
from topologies.sink.lane import until_available
from topologies.sink.ledger import LedgerLane
from topologies.stopping import stop_requests

STOP_S: Final = 10.0
"""How long a lane may take to end."""

_log = structlog.get_logger()


class Lane(Protocol):
    """A part of the sink that stores batch after batch."""

    def step(self, stopping: threading.Event) -> int:
        """Store the next batch, waiting a little for one."""

    def close(self) -> None:
        """Let its connections go."""


class LaneThread(threading.Thread):
    """Runs a lane until told to stop; `failure` is what ended it before that."""

    def __init__(
        self,
        name: str,
        settings: ClickHouseSettings,
        open_lane: Callable[[Database], Lane],
        stopping: threading.Event,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.failure: BaseException | None = None
        self._settings = settings
        self._open_lane = open_lane
        self._stopping = stopping

    def run(self) -> None:
        """Store batches; any failure stops the whole process."""
        try:
            self._store()
        except BaseException as error:
            self.failure = error
        finally:
            self._stopping.set()

    def _store(self) -> None:
        database = await_database(self._settings, is_stopping=self._stopping.is_set)
        if database is None:
            return
        with database:
            lane = until_available(lambda: self._open_lane(database), self._stopping)
            if lane is None:
                return
            _log.info("storing", lane=self.name)
            try:
                while not self._stopping.is_set():
                    self._step(lane)
            finally:
                lane.close()

    def _step(self, lane: Lane) -> None:
        try:
            lane.step(self._stopping)
        except Unavailable as error:
            # Only the broker is left: inserts wait for the database by themselves.
            _log.warning("waiting", lane=self.name, reason=str(error))
            self._stopping.wait(1.0)


def run(settings: Settings) -> None:
    """Store until SIGTERM. Raises what made a lane fail; the next start goes on from there."""
    stopping = stop_requests()
    serve(settings.metrics_port)
    await_broker(settings.kafka)
    codec = codec_of(settings.registry_url, prefix=settings.kafka.prefix)
    # A batch is some hundred thousand lists without a cycle, gone when it is stored: to look for
    # cycles among them would cost half as much again as making them.
    gc.set_threshold(1_000_000, 20, 100)
    # Arrow's own pool gives a batch's memory back to the system, which has to clear and map it anew
    # for the next: a sixth of all that rows cost. The C library keeps it.
    pa.set_memory_pool(pa.system_memory_pool())
    kafka, clickhouse = settings.kafka, settings.clickhouse
    lanes = [
        LaneThread("ledger", clickhouse, lambda database: LedgerLane(kafka, database), stopping),
        LaneThread(
            "intake", clickhouse, lambda database: IntakeLane(kafka, database, codec), stopping
        ),
    ]
    for lane in lanes:
        lane.start()
    stopping.wait()
    for lane in lanes:
        lane.join(STOP_S)
    for lane in lanes:
        if lane.failure is not None:
            raise lane.failure
