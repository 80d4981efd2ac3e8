"""What both lanes of the sink share: when a batch is full, and how it is stored."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import pyarrow as pa
import structlog

from connectors.clickhouse.client import BACKOFF_FIRST_S, Database, insert_until_stored
from connectors.errors import Unavailable
from connectors.steps import Step, passed
from topologies import follower_metrics as metrics

WAIT_S: Final = 0.5
"""How long the first row of a batch waits for more."""

_RETRY_LAST_S: Final = 5.0

_log = structlog.get_logger()
T = TypeVar("T")


def gathered(
    poll: Callable[[float], Sequence[T]],
    size_of: Callable[[T], int],
    stopping: threading.Event,
    *,
    size_min: int,
) -> list[T]:
    """A batch: what comes until its size is `size_min` or its first has waited `WAIT_S`.

    `poll(seconds)` waits at most so long for more. Empty where nothing came.
    """
    batch: list[T] = []
    size = 0
    until = 0.0
    while size < size_min and not stopping.is_set():
        left = until - time.monotonic() if batch else WAIT_S
        if left <= 0:
            break
        found = poll(left)
        if not found:
            if not batch:
                break
            continue
        if not batch:
            until = time.monotonic() + WAIT_S
        batch += found
        size += sum(map(size_of, found))
    return batch


def store(
    database: Database,
    tables: Sequence[tuple[str, pa.Table]],
    positions: pa.Table,
    stopping: threading.Event,
) -> bool:
    """Store a batch's rows, then the positions after it; False where told to stop before that."""
    for place, table in enumerate(tables):
        if place == 1:
            passed(Step.SINK_BETWEEN_TABLES)
        if not _insert(database, table, stopping):
            return False
    passed(Step.SINK_AFTER_INSERT)
    return _insert(database, ("positions", positions), stopping)


def _insert(database: Database, table: tuple[str, pa.Table], stopping: threading.Event) -> bool:
    name, rows = table
    began = time.perf_counter()
    if not insert_until_stored(
        database, [table], stopping.is_set, retrying=metrics.RETRIES.labels(name).inc
    ):
        return False
    metrics.INSERT_S.labels(name).observe(time.perf_counter() - began)
    metrics.ROWS.labels(name).inc(rows.num_rows)
    return True


def until_available(ask: Callable[[], T], stopping: threading.Event) -> T | None:
    """The answer, asked again while the other side is away; None where told to stop."""
    wait_s = BACKOFF_FIRST_S
    while not stopping.is_set():
        try:
            return ask()
        except Unavailable as error:
            _log.warning("waiting", reason=str(error), again_in_s=wait_s)
            stopping.wait(wait_s)
            wait_s = min(2 * wait_s, _RETRY_LAST_S)
    return None
