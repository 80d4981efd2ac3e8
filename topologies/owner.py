"""PartitionOwner: the one writer of a partition's state, effectively once.

One inbox, one loop: take → compute on an overlay → append one ledger record → await its
acknowledgement → apply in one write → tell the source. Whatever dies in between, the next owner
reads the ledger and goes on after the last input that is in it (`step.py` computes, `hold.py` keeps
the ledger, `outbox.py` talks to other partitions).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from msgspec.structs import replace

from connectors.errors import Corrupted, Unavailable
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from streams.model.instant import BEGINNING, Instant
from streams.model.ledger import WHOLE
from streams.model.session_command import SessionCommand
from streams.state import TIME, State, Table
from topologies.hold import Hold, Lost
from topologies.outbox import Outbox, Send, receipt_for
from topologies.overlay import Overlay
from topologies.pace import Pace
from topologies.ports import (
    AppendUnknown,
    Core,
    LedgerLog,
    OfferedBatch,
    OwnerOptions,
    Source,
)
from topologies.reject_limit import RejectGauge
from topologies.requests import OwnerFigures, Question, Questions, tell_all
from topologies.roots import Roots
from topologies.snapshot_times import SnapshotTimes
from topologies.state import Store
from topologies.step import Cutter, Portion, Step, StepComputer
from topologies.turns import Place
from topologies.versions import VersionGate

__all__ = [
    "AppendUnknown",
    "Core",
    "LedgerLog",
    "OfferedBatch",
    "OwnerFigures",
    "OwnerOptions",
    "PartitionOwner",
    "Source",
]

_log = structlog.get_logger()

HOLES_MAX = 50
"""Batches above the wanted position in a row, before the log itself must have a hole."""


class PartitionOwner:
    """Owns one partition of `charging` and its `ledger`, from `run` to `close`.

    Agents `offer` batches and callers `ask`; only the owner's own task appends, and it
    is never cancelled inside an append. The store becomes the owner's own and is closed by it.
    """

    hold_type: type[Hold] = Hold
    outbox_type: type[Outbox] = Outbox
    computer_type: type[StepComputer] = StepComputer

    def __init__(  # noqa: PLR0913 - the five ports of an owner, by name
        self,
        partition: int,
        *,
        core: Core,
        store: Store,
        log: LedgerLog,
        source: Source,
        outbox_send: Send,
        options: OwnerOptions | None = None,
    ) -> None:
        self.partition = partition
        self.figures = OwnerFigures()
        self._core = core
        self._store = store
        self._roots = Roots(store)
        self._source = source
        self._options = options or OwnerOptions()
        self._hold = self.hold_type(partition, store, log, self._options)
        turns = self._options.turns
        self._outbox = self.outbox_type(outbox_send, self._options.resend_s, turns.room)
        self._computer = self.computer_type(core, store, RejectGauge(self._options.limit))
        self._inbox: deque[OfferedBatch] = deque()
        self._questions = Questions(turns)
        self._place = Place(turns)
        self._wake = asyncio.Event()
        self._renewed = asyncio.Event()
        self._opened = asyncio.Event()
        self._ended = asyncio.Event()
        self._is_running = False
        self._is_closing = False
        self._holes = 0
        self._pace = Pace(self._options)
        self._versions = VersionGate(
            core,
            store,
            poll_s=self._options.version_poll_s,
            is_closing=lambda: self._is_closing,
        )
        self._snapshots = SnapshotTimes(partition, store, self._options)
        self.signalled: Callable[[Sequence[SessionCommand]], None] = _nobody

    # What others call

    @property
    def generation(self) -> int:
        """The group generation this partition was last assigned in."""
        return self._hold.generation

    @generation.setter
    def generation(self, generation: int) -> None:
        """Set at each assignment; batches of an older one come again, so they are dropped."""
        self._hold.generation = generation
        waiting, self._inbox = self._inbox, deque()
        for batch in waiting:
            if batch.generation < generation:
                self._source.drop(batch)
            else:
                self._inbox.append(batch)
        self._renewed.set()

    def offer(self, batch: OfferedBatch) -> None:
        """Take this in when its turn comes; the source is told what became of it."""
        if self._is_closing or batch.generation < self.generation:
            self._source.drop(batch)
            return
        self._inbox.append(batch)
        self._wake.set()

    def ask(self, request: ChargingRequest) -> asyncio.Future[ChargingAnswer]:
        """Answer a request of the online door, once it is in the ledger what it changes.

        Fails with Unavailable where nobody can tell what became of it: the retry finds out.
        """
        answer = self._questions.add(request)
        if self._is_closing:
            self._questions.refuse(f"partition {self.partition} is closing")
        self._wake.set()
        self._place.interrupt()
        return answer

    def root_of(self, tenant: str, service_id: str) -> str:
        """The root of a service that lives here, as this owner's state says; else empty."""
        return self._roots.of(tenant, service_id)

    def look(self) -> State:
        """What stands now, for who only looks."""
        return Overlay(self._store)

    def position(self) -> int:
        """The next offset of `charging[p]` to fetch; the one in hand where it is half taken."""
        offset, index = self._store.position.written
        return offset + 1 if index == WHOLE else offset

    @property
    def is_open(self) -> bool:
        """True where the state stands at the ledger's end, so that `position` counts."""
        return self._opened.is_set()

    @property
    def opened_at(self) -> int:
        """Ledger offset of the record that took the partition, -1 before."""
        return self._hold.opened_at

    @property
    def in_transit(self) -> int:
        """Messages to other partitions that no receipt has cleared yet."""
        return len(self._outbox)

    async def opened(self) -> None:
        """Wait until the partition is open."""
        await self._opened.wait()

    async def run(self) -> None:
        """Own the partition until `close`. What it raises must stop the worker."""
        self._is_running = True
        outbox = asyncio.create_task(self._outbox.run())
        outbox.add_done_callback(lambda _: self._wake.set())
        try:
            await self._open()
            while not self._is_closing:
                if outbox.done():
                    outbox.result()
                try:
                    await self._work()
                except Lost as lost:
                    await self._recover(lost)
        finally:
            outbox.cancel()
            self._let_go("the partition is closed")
            self._ended.set()

    async def close(self) -> None:
        """Finish the step in hand, drop the rest, close the store.

        A step whose append hangs is abandoned after `close_wait_s`: whether it landed is for the
        next opening to find out.
        """
        self._is_closing = True
        self._wake.set()
        self._renewed.set()
        if self._is_running:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.close_wait_s):
                    await self._ended.wait()
        self._hold.abandon()
        self._store.close()

    # Opening and losing

    async def _open(self) -> None:
        try:
            await self._hold.open()
        except Lost:  # closed meanwhile
            return
        self.figures.opened += 1
        self._load_outbox()
        await self._versions.wait_for_known()
        self._opened.set()

    def _load_outbox(self) -> None:
        self._outbox.load(message for _, message in self._store.items(Table.OUTBOX))

    async def _recover(self, lost: Lost) -> None:
        """Give the inbox up, wait while somebody newer may be at work, and open again."""
        self.figures.lost += 1
        is_behind, generation = self._hold.is_behind, self.generation
        _log.warning("partition lost", partition=self.partition, why=str(lost), behind=is_behind)
        self._opened.clear()
        self._let_go("another owner has written")
        if is_behind and generation == self.generation and not self._is_closing:
            self._renewed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.lost_wait_s):
                    await self._renewed.wait()
        if not self._is_closing:
            await self._open()
            await self._source.rewind(self.position())

    def _let_go(self, why: str) -> None:
        """Nothing in the inbox was taken: neither acknowledged nor waited for."""
        self._outbox.forget()
        while self._inbox:
            self._source.drop(self._inbox.popleft())
        self._questions.refuse(f"partition {self.partition}: {why}")

    # The loop

    async def _work(self) -> None:
        if self._questions:
            await self._serve()
        elif self._inbox:
            await self._take(self._inbox.popleft())
        else:
            self._wake.clear()
            await self._wake.wait()

    async def _take(self, batch: OfferedBatch) -> None:
        try:
            done = await self._is_next(batch) and await self._take_all(batch)
        except Lost:
            self._source.drop(batch)
            raise
        if not done:
            self._source.drop(batch)
            return
        self._source.acknowledge(batch)
        self.figures.batches += 1
        self._options.watch("told")
        await self._snapshots.take_when_due()

    async def _is_next(self, batch: OfferedBatch) -> bool:
        """False where inputs are missing before the batch: fetch them first."""
        wanted = self.position()
        if batch.generation < self.generation or not batch.offsets:
            return False
        if batch.offsets[0] <= wanted:
            self._holes = 0
            return True
        self._holes += 1
        if self._holes > HOLES_MAX:
            raise Corrupted(
                f"charging[{self.partition}]: a hole, wanted {wanted}, got {batch.offsets[0]}"
            )
        # Later batches were fetched from the wrong place too.
        while self._inbox:
            self._source.drop(self._inbox.popleft())
        _log.warning(
            "fetched too far", partition=self.partition, wanted=wanted, got=batch.offsets[0]
        )
        await self._source.rewind(wanted)
        return False

    async def _take_all(self, batch: OfferedBatch) -> bool:
        """Take the batch in, step by step. False where the owner closes before its end."""
        cutter = Cutter(batch, self._store.position.written)
        while not self._is_closing:
            if self._questions:
                await self._serve()
            portions = await self._ready(cutter, cutter.take(self._pace.inputs))
            if not portions:
                break
            await self._turn()
            if not await self._step(self._compute(cutter, portions)):
                cutter = Cutter(batch, self._store.position.written)
        return not cutter.take(1)

    async def _turn(self) -> None:
        """Wait for this worker's turn to compute; who asks meanwhile is answered."""
        while not await self._place.come():
            if self._questions:
                await self._serve()

    async def _ready(self, cutter: Cutter, portions: list[Portion]) -> list[Portion]:
        """The portions up to the first command that must wait; waits where it is the first."""
        found = self._versions.first_missing(portions)
        if found == (0, 0):
            await self._versions.wait_for(portions[0].items[0])
            found = self._versions.first_missing(portions)
        if found is None:
            return portions
        return cutter.keep_before(portions, found)

    def _compute(self, cutter: Cutter, portions: list[Portion]) -> Step:
        """Compute the step, or a half of it where its record would be too large to send."""
        clock = self._options.cpu_clock
        began = clock()
        step = self._computer.compute(portions, self._hold.head())
        spent = clock() - began
        self.figures.cpu_s += spent
        self._pace.note(inputs=step.inputs, spent_s=spent, size=len(step.value))
        if len(step.value) > self._options.record_bytes_max and step.inputs > 1:
            return self._compute(cutter, cutter.keep_first(portions, step.inputs // 2))
        self._options.watch("computed")
        return step

    async def _step(self, step: Step) -> bool:
        """Append and apply. False where it never landed. Raises Lost."""
        if not await self._write(step):
            return False
        self.figures.inputs += step.inputs
        self._outbox.answer(receipt_for(forwarded, self.partition) for forwarded in step.forwarded)
        return True

    async def _write(self, step: Step) -> bool:
        """The step into the ledger and into the state; then its messages may leave."""
        landed = await self._hold.write(step)
        self._options.watch("applied")
        self.figures.void = self._hold.voids
        if landed:
            self.figures.steps += 1
            self.figures.output_bytes += len(step.value)
            self._outbox.note(step.effects.outbox, step.effects.cleared)
            if step.effects.signals:
                self.signalled(step.effects.signals)
        return landed

    async def _serve(self) -> None:
        """Answer those that wait, with one ledger record for what all of them change."""
        asked = self._questions.take()
        try:
            await self._answer(asked)
        finally:
            why = f"partition {self.partition}: nobody knows whether it has happened"
            tell_all(asked, Unavailable(why))

    async def _answer(self, asked: Sequence[Question]) -> None:
        while True:
            # Their time is that of the record which they stand in, never before the partition's.
            time: Instant = self._store.get(Table.META, TIME) or BEGINNING
            at = max(self._options.now(), time)
            requests = [replace(question.request, at=at) for question in asked]
            step, answers = self._computer.compute_requests(
                requests, self._hold.head(), self._store.position.written
            )
            if step is None or await self._write(step):
                break
        self.figures.requests += len(asked)
        for question, answer in zip(asked, answers, strict=True):
            question.tell(answer)


def _nobody(_: Sequence[SessionCommand]) -> None:
    """Nobody wants to hear that sessions were told something."""
