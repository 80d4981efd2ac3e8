"""Standbys: partitions that others own, kept warm by their ledgers, for a short takeover.

A standby reads what the owner writes into a state of its own and takes nothing. When the partition
is assigned here, the owner begins on that state and reads the few records that are missing; without
one it would begin on a snapshot, or at the beginning of the ledger.
"""

import asyncio
from typing import Final

import structlog

from connectors.errors import ConnectorError
from topologies.hold import Hold
from topologies.ports import LedgerLog, OwnerOptions
from topologies.state import Store

FOLLOW_S: Final = 1.0
"""How far a standby is behind, about."""

AGAIN_S: Final = 5.0
"""After what has failed it is tried again."""

_log = structlog.get_logger()


class Standby:
    """Follows one partition from `run` to `release`."""

    def __init__(
        self, partition: int, store: Store, log: LedgerLog, options: OwnerOptions | None = None
    ) -> None:
        self._partition = partition
        self._store = store
        self._hold = Hold(partition, store, log, options or OwnerOptions())
        self._is_released = asyncio.Event()
        self._ended = asyncio.Event()
        self.is_current = False
        """Whether its state is proven, and was at the end of the ledger when it last looked."""

    async def run(self) -> None:
        """Follow the ledger. Raises what is no connector's error; the store stays open."""
        try:
            while not self._is_released.is_set():
                await self._rest(await self._follow())
        finally:
            self._ended.set()

    async def release(self) -> Store:
        """End following; the state, at the record it has come to."""
        self._is_released.set()
        await self._ended.wait()
        return self._store

    async def _follow(self) -> float:
        """Read what is new; after how many seconds to look again."""
        try:
            if self.is_current:
                await self._hold.follow()
            else:
                await self._hold.catch_up()
        except ConnectorError as error:
            _log.warning("standby is behind", partition=self._partition, why=str(error))
            self.is_current = False
            return AGAIN_S
        self.is_current = True
        return FOLLOW_S

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._is_released.wait()
        except TimeoutError:
            return
