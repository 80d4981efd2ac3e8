"""What a partition's owner needs of the world, as ports: so that it runs without Kafka too."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.clock import now
from connectors.errors import Unavailable
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.command import Command
from streams.model.instant import Instant
from streams.model.usage import SourcePosition, UsageRecord
from streams.state import Effects, State, Table
from topologies.reject_limit import RejectLimit
from topologies.turns import Turns


class AppendUnknown(Unavailable):
    """Nobody knows whether the append has reached, or will reach, the log."""


class LedgerLog(Protocol):
    """One partition of topic `ledger`."""

    async def append(self, value: bytes) -> int:
        """Append and wait for the acknowledgement; the offset. Raises AppendUnknown."""

    async def bounds(self) -> tuple[int, int]:
        """The first offset in the log, and the next to be written."""

    def read(self, first: int, last: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        """The records `first..last`, both included, in order and without a hole."""


@dataclass(slots=True, eq=False)
class OfferedBatch:
    """Messages of one fetch of `charging[p]`; `token` is the source's own mark of it."""

    partition: int
    offsets: Sequence[int]
    values: Sequence[bytes]
    generation: int
    token: object = None


class Source(Protocol):
    """Where batches come from; it is told what became of them."""

    def acknowledge(self, batch: OfferedBatch) -> None:
        """All of the batch is in the ledger and applied."""

    def drop(self, batch: OfferedBatch) -> None:
        """Not taken, and never will be from this delivery: neither acknowledge nor wait for it."""

    async def rewind(self, offset: int) -> None:
        """Deliver again from this offset of `charging[p]`."""


class Core(Protocol):
    """The pure charging core, see `streams/charge.py`."""

    def reads_of(self, records: Sequence[UsageRecord]) -> Sequence[tuple[Table, Collection[bytes]]]:
        """The keys that these records will read, by table, to fetch them in one go."""

    def charge_record(
        self, record: UsageRecord, *, position: SourcePosition, state: State, effects: Effects
    ) -> None:
        """Charge one record, or give its verdict."""

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        """Apply one command; nothing where its id is known."""

    def ask(self, request: ChargingRequest, *, state: State, effects: Effects) -> ChargingAnswer:
        """Do what a caller of the online door asks, once; the answer."""

    def settle(self, state: State, effects: Effects) -> None:
        """Put what the charges among the effects add to the counter-accounts; last in a step."""

    def missing_version(self, item: Any, state: State) -> str | None:
        """A catalog version that must be compiled before this input can be taken, else None."""


def _nothing(_point: str) -> None:
    """Nobody watches."""


def _new_owner() -> bytes:
    return os.urandom(8)


class Shelf(Protocol):
    """Where snapshots are kept, see `topologies/snapshot.py`."""

    def begin(self, store: Any) -> Any:
        """Copy the store as it stands, quickly; no step may be applied meanwhile."""

    def finish(self, draft: Any) -> Path:
        """Check and name what `begin` copied; steps may go on."""

    def restore(self, store: Any) -> bool:
        """Load the newest sound snapshot into the store; False where there is none."""


@dataclass(frozen=True, kw_only=True)
class OwnerOptions:
    """How an owner works. Times are seconds.

    The functions at the end are the only ways in for time, chance and threads; a simulation passes
    its own. `watch` is told each named point of a step, see `POINTS`.
    """

    engine: str = "dev"
    records_first: int = 200
    records_max: int = 4000
    output_bytes: int = 512 * 1024
    record_bytes_max: int = 7 * 1024 * 1024
    retry_s: float = 0.2
    resend_s: float = 5.0
    lost_wait_s: float = 3.0
    version_poll_s: float = 0.1
    close_wait_s: float = 3.0
    limit: RejectLimit = field(default_factory=RejectLimit)
    turns: Turns = field(default_factory=Turns)
    shelf: Shelf | None = None
    snapshot_s: float = 600.0
    cpu_clock: Callable[[], float] = time.thread_time
    new_owner: Callable[[], bytes] = _new_owner
    now: Callable[[], Instant] = now
    in_thread: Callable[..., Awaitable[Any]] = asyncio.to_thread
    watch: Callable[[str], None] = _nothing


POINTS: Mapping[str, str] = {
    "computed": "a step is computed, nothing is sent",
    "acknowledged": "the ledger has acknowledged the step, nothing is applied",
    "applied": "the state has taken the step, the source is not told",
    "told": "the source is told that the batch is done",
    "replayed": "the state has read the ledger to its end, no opening is written",
}
"""The named points of an owner's work, where crash tests strike."""
