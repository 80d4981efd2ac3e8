"""When an owner's state is copied: between two batches, once in a while, never twice at once."""

import asyncio
from typing import Any

import structlog

from connectors.errors import ConnectorError
from topologies.ports import OwnerOptions
from topologies.state import Store

_log = structlog.get_logger()


class SnapshotTimes:
    """The snapshots of one partition; none where its options name no shelf."""

    def __init__(self, partition: int, store: Store, options: OwnerOptions) -> None:
        self._partition = partition
        self._store = store
        self._options = options
        self._due_at: float | None = None
        self._snapshot: asyncio.Future[Any] | None = None

    async def take_when_due(self) -> None:
        """Copy the state, quickly, if it is time; it is checked and named meanwhile."""
        shelf = self._options.shelf
        if shelf is None:
            return
        now = asyncio.get_running_loop().time()
        if self._due_at is None:
            self._due_at = now + self._options.snapshot_s
        if now < self._due_at or not (self._snapshot is None or self._snapshot.done()):
            return
        self._due_at = now + self._options.snapshot_s
        try:
            draft = await self._options.in_thread(shelf.begin, self._store)
        except ConnectorError as error:
            _log.warning("no snapshot", partition=self._partition, why=str(error))
            return
        self._snapshot = asyncio.ensure_future(self._options.in_thread(shelf.finish, draft))
        self._snapshot.add_done_callback(self._ended)

    def _ended(self, ended: "asyncio.Future[Any]") -> None:
        """A snapshot that fails costs nothing but itself: the ledger has everything."""
        error = None if ended.cancelled() else ended.exception()
        if error is not None:
            _log.warning("no snapshot", partition=self._partition, why=repr(error))
