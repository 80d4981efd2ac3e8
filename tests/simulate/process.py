"""A process that can be killed or frozen at any await; what it has sent stays on its way."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Process:
    """Tasks that live and die together. Ports call `pass_gate` before and after they act."""

    def __init__(self, name: str, failed: Callable[[str, BaseException], None]) -> None:
        self.name = name
        self.is_alive = True
        self._failed = failed
        self._running = asyncio.Event()
        self._running.set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_frozen(self) -> bool:
        return not self._running.is_set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if self.is_alive and not task.cancelled() and task.exception() is not None:
            error = task.exception()
            assert error is not None
            self._failed(self.name, error)

    def kill(self) -> None:
        """From now on nothing it does has any effect."""
        self.is_alive = False
        self._running.set()
        for task in list(self._tasks):
            task.cancel()

    def freeze(self) -> None:
        self._running.clear()

    def thaw(self) -> None:
        self._running.set()

    async def pass_gate(self) -> None:
        """Wait while frozen; a dead process gets no further."""
        await self._running.wait()
        if not self.is_alive:
            raise asyncio.CancelledError
