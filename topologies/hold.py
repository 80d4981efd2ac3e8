"""An owner's hold on its ledger partition: opening it, writing to it, finding out it is lost.

Nobody can be kept from appending late; so a record counts only by the chain of `prev` offsets, and
an owner learns by reading whether it still holds the partition. Group membership decides nothing.
"""

import asyncio

import structlog

from connectors.errors import Corrupted
from connectors.kafka.codec import encode_ledger
from streams.model.ledger import LEDGER_FORMAT, LedgerRecord
from topologies.ports import AppendUnknown, LedgerLog, OwnerOptions
from topologies.position import Position
from topologies.recovery import Replay, spoiled_because
from topologies.state import Store
from topologies.step import Step, StepHead

_log = structlog.get_logger()


class Lost(Exception):
    """Another owner has written: what was computed is void."""


class Hold:
    """One partition's ledger as its owner sees it. Only the owner's own task may call it."""

    replay_type: type[Replay] = Replay

    def __init__(self, partition: int, store: Store, log: LedgerLog, options: OwnerOptions) -> None:
        self.generation = -1
        """The group generation to write into records; a hint for liveness alone."""
        self.opened_at = -1
        """Ledger offset of the last `open` that took the partition."""
        self._partition = partition
        self._store = store
        self._ledger = log
        self._options = options
        self._owner = options.new_owner()
        self._replay = self.replay_type(store)
        self._is_abandoned = False

    @property
    def is_behind(self) -> bool:
        """True where somebody of a newer group generation has written."""
        return self._replay.generation > self.generation

    @property
    def voids(self) -> int:
        """Void records seen."""
        return self._replay.voids

    def abandon(self) -> None:
        """The store is about to be closed: whatever is still acknowledged must not be applied."""
        self._is_abandoned = True

    def head(self) -> StepHead:
        """What the next record says of its writer."""
        return StepHead(
            self._replay.chain.last,
            self._owner,
            self.generation,
            self._options.engine,
            self._partition,
        )

    async def open(self) -> None:
        """Prove the local state, bring it to the ledger's end, and take the partition.

        Raises Corrupted where the ledger begins above what the state, or any snapshot, reached.
        """
        self._owner = self._options.new_owner()
        await self.catch_up()
        self._options.watch("replayed")
        tries = 1
        while not await self._reopen():
            tries += 1
        position = self._store.position
        _log.info(
            "partition opened",
            partition=self._partition,
            generation=self.generation,
            ledger=position.offset,
            written=position.written,
            tries=tries,
            voids=self._replay.voids,
        )

    async def catch_up(self) -> None:
        """Prove the local state and bring it to the ledger's end; nothing is taken. Raises as
        `open` does."""
        bounds = await self._ledger.bounds()
        await self._prepare(bounds)
        await self._read_to(bounds[1] - 1)

    async def follow(self) -> None:
        """Read what has been written since, into a state that is proven."""
        _, end = await self._ledger.bounds()
        await self._read_to(end - 1)

    async def _prepare(self, bounds: tuple[int, int]) -> None:
        """A state that belongs to this ledger: the local one, a snapshot, or an empty one."""
        await self._wipe_if_spoiled(bounds)
        shelf = self._options.shelf
        if shelf is not None and self._store.position.offset < 0 and shelf.restore(self._store):
            self._replay.restart()
            await self._wipe_if_spoiled(bounds)
        if self._replay.following < bounds[0]:
            raise Corrupted(
                f"ledger[{self._partition}] begins at {bounds[0]}, wanted"
                f" {self._replay.following}, and there is no snapshot to start from"
            )

    async def _wipe_if_spoiled(self, bounds: tuple[int, int]) -> None:
        why = await spoiled_because(self._store, self._ledger, bounds)
        if why is not None:
            _log.warning("state spoiled", partition=self._partition, why=why)
            self._store.wipe()
            self._replay.restart()

    async def write(self, step: Step) -> bool:
        """Append a step and apply it. False: it never landed, compute it again. Raises Lost."""
        offset = await self._append(step.value)
        self._options.watch("acknowledged")
        if offset == self._replay.following:
            self._apply(step, offset)
            return True
        self._replay.look_for(step.value)
        if offset is None:
            is_held = await self._reopen()
        else:
            await self._read_to(offset)
            is_held = self._is_mine()
        landed = self._replay.has_landed
        _log.warning(
            "append unclear",
            partition=self._partition,
            acknowledged=offset,
            landed=landed,
            held=is_held,
        )
        if not is_held:
            raise Lost(f"ledger[{self._partition}]: last valid is {self._replay.chain.last}")
        return landed

    def _apply(self, step: Step, offset: int) -> None:
        record = step.record
        accepted = self._replay.chain.accept(offset, record)
        assert accepted
        self._replay.following = offset + 1
        position = Position(record.written, offset, record.owner, value=step.value)
        self._store.write(record.delta, record.dropped, position, step.overlay.values)

    def _is_mine(self) -> bool:
        return self._replay.chain.owner == self._owner

    async def _append(self, value: bytes) -> int | None:
        try:
            offset = await self._ledger.append(value)
        except AppendUnknown as error:
            _log.warning("append unknown", partition=self._partition, why=str(error))
            offset = None
        if self._is_abandoned:
            raise Lost(f"ledger[{self._partition}]: closed during an append")
        return offset

    async def _reopen(self) -> bool:
        """Append `open`, read up to it; True where the last valid record is our own."""
        offset = None
        while offset is None:
            offset = await self._append(encode_ledger(self._opening()))
            if offset is None:
                await asyncio.sleep(self._options.retry_s)
        await self._read_to(offset)
        if not self._is_mine():
            return False
        self.opened_at = offset
        return True

    def _opening(self) -> LedgerRecord:
        return LedgerRecord(
            format=LEDGER_FORMAT,
            kind="open",
            prev=self._replay.chain.last,
            owner=self._owner,
            generation=self.generation,
            engine=self._options.engine,
            written=self._store.position.written,
        )

    async def _read_to(self, last: int) -> None:
        if last < self._replay.following:
            return
        async for records in self._ledger.read(self._replay.following, last):
            await self._options.in_thread(self._replay.take, records)
