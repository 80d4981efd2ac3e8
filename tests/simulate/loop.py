"""An event loop whose time is virtual: it jumps to the next timer, so a minute costs no minute."""

import asyncio
import selectors
from typing import Any


class Stuck(Exception):
    """Nothing is ready and nothing is due: the simulated world stands still."""


class _NoFiles(selectors.BaseSelector):
    """Nothing ever becomes readable; waiting moves the clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck
        if timeout > 0:
            self.now += timeout
        return []

    def get_map(self) -> dict[Any, Any]:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """The order of callbacks is asyncio's own; only latencies, drawn from the seed, change it."""

    def __init__(self) -> None:
        self._files = _NoFiles()
        super().__init__(self._files)
        # Timers that are due by rounding alone must not be waited for again and again.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._files.now
