"""No record is taken before the catalog version it needs is compiled.

Versions become known to a partition only by `ActivateCatalog`; so it is enough to wait when a
state is opened, for all it names, and before each such command. Records need no look.
"""

import asyncio
from collections.abc import Callable

import structlog

from streams.model.command import ActivateCatalog
from streams.state import Table
from topologies.overlay import Overlay
from topologies.ports import Core
from topologies.state import Store
from topologies.step import Portion

_log = structlog.get_logger()


class VersionGate:
    """Waits for catalog versions on behalf of one partition; gives up when it `is_closing`."""

    def __init__(
        self, core: Core, store: Store, *, poll_s: float, is_closing: Callable[[], bool]
    ) -> None:
        self._core = core
        self._store = store
        self._poll_s = poll_s
        self._is_closing = is_closing

    def missing(self, command: object) -> str | None:
        """The version that must be compiled before this command can be taken, else None."""
        if not isinstance(command, ActivateCatalog):
            return None
        return self._core.missing_version(command, Overlay(self._store))

    async def wait_for(self, command: object) -> None:
        """Return once the command can be taken, or the owner closes."""
        told = False
        while (version := self.missing(command)) is not None and not self._is_closing():
            if not told:
                _log.info("waiting for catalog", version=version)
            told = True
            await asyncio.sleep(self._poll_s)

    async def wait_for_known(self) -> None:
        """Return once every version that the state names is compiled, or the owner closes."""
        for tenant, marks in list(self._store.items(Table.CATALOGS)):
            for start, version in marks.marks:
                await self.wait_for(ActivateCatalog("", tenant.decode(), version, start))

    def first_missing(self, portions: list[Portion]) -> tuple[int, int] | None:
        """Portion and item of the first command that cannot be taken yet."""
        for at, portion in enumerate(portions):
            if portion.batch is None:
                for index, command in enumerate(portion.items):
                    if self.missing(command) is not None:
                        return at, index
        return None
