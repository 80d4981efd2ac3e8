"""How long callers wait at most: the same time for all, so one timer does for all of them."""

import asyncio
from collections import deque
from typing import Any


class Deadlines:
    """Futures fail with TimeoutError where nobody has answered them for `wait_s` seconds.

    They are over in the order that they came in; those that are answered are let go of as others
    come, or by the timer.
    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, answer: "asyncio.Future[Any]") -> None:
        """Somebody waits for this from now on."""
        loop, waiting = asyncio.get_running_loop(), self._waiting
        while waiting and waiting[0][1].done():
            waiting.popleft()
        waiting.append((loop.time() + self._wait_s, answer))
        if self._timer is None:
            self._timer = loop.call_at(waiting[0][0], self._look)

    def _look(self) -> None:
        loop, waiting = asyncio.get_running_loop(), self._waiting
        now = loop.time()
        while waiting and (waiting[0][0] <= now or waiting[0][1].done()):
            answer = waiting.popleft()[1]
            if not answer.done():
                answer.set_exception(TimeoutError())
        self._timer = loop.call_at(waiting[0][0], self._look) if waiting else None
