"""Whose turn it is on a worker's thread: requests first, then batches, one step at a time.

Everything that a worker computes shares one thread. Between two batch steps the loop looks at its
sockets, so a request that comes waits for one step, not for all that could begin. While requests
are being answered no step begins, unless it has waited for `PATIENCE_S`: so batches keep a share
whatever is asked. While callers come at all, steps are short.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

PATIENCE_S: Final = 0.004
"""A batch step that has waited so long for requests to be answered begins nevertheless."""

LONG_STEP_S: Final = 0.016
"""Computing time of a step where nobody asks: long ones share the cost of a ledger record."""

SHORT_STEP_S: Final = 0.003
"""Computing time of a step where somebody has asked lately."""

LATELY_S: Final = 1.0

FOLDING_AT_ONCE: Final = 2
"""Partitions of a worker that fold idle accounts at the same time."""


class Turns:
    """The turns of one worker. Not for several threads."""

    def __init__(self, *, long_step_s: float = LONG_STEP_S) -> None:
        self.room = Room(FOLDING_AT_ONCE)
        self._long_step_s = long_step_s
        self._queue: deque[Place] = deque()
        self._is_free = True
        self._asked = 0
        self._asked_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def step_s(self) -> float:
        """How long a step that begins now should compute."""
        is_asked = asyncio.get_running_loop().time() - self._asked_at < LATELY_S
        return min(SHORT_STEP_S, self._long_step_s) if is_asked else self._long_step_s

    def asked(self, answer: "asyncio.Future[Any]") -> None:
        """Somebody waits for this answer."""
        self._asked += 1
        self._asked_at = asyncio.get_running_loop().time()
        answer.add_done_callback(self._answered)

    def _answered(self, _answer: "asyncio.Future[Any]") -> None:
        self._asked -= 1
        if not self._asked and self._is_free:
            self._next()

    def take_free(self) -> bool:
        """Take the turn at once if nobody has it in this round of the loop, or waits."""
        if not self._is_free or self._queue or self._asked:
            return False
        self._begin()
        return True

    def enqueue(self, place: "Place", *, is_first: bool) -> None:
        """Let it come in its turn; `is_first` where it has stood in the queue before."""
        if is_first:
            self._queue.appendleft(place)
        else:
            self._queue.append(place)
        if self._is_free:
            self._next()

    def leave(self, place: "Place") -> None:
        """It waits no longer."""
        if place in self._queue:
            self._queue.remove(place)

    def _begin(self) -> None:
        self._is_free = False
        # The step runs in the next round, and the sockets are looked at before the one after it.
        asyncio.get_running_loop().call_soon(self._between)

    def _between(self) -> None:
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Begin the next step, unless it has to wait for answers."""
        self._is_free = True
        if not self._queue:
            return
        place, loop = self._queue[0], asyncio.get_running_loop()
        begins_at = place.since + PATIENCE_S
        if self._asked and loop.time() < begins_at:
            if self._timer is None:
                self._timer = loop.call_at(begins_at, self._patience_over)
            return
        self._queue.popleft()
        place.tell(is_turn=True)
        self._begin()

    def _patience_over(self) -> None:
        self._timer = None
        if self._is_free:
            self._next()


class Place:
    """One that takes turns."""

    __slots__ = ("_began", "_is_waiting", "_turns", "_waiter", "since")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._waiter: asyncio.Future[bool] | None = None
        self._is_waiting = False
        self._began = float("-inf")
        self.since = 0.0
        """When it began to wait."""

    async def come(self) -> bool:
        """Wait for the turn; False where something else came up, and it still waits."""
        loop = asyncio.get_running_loop()
        if not self._is_waiting and self._turns.take_free():
            self._began = loop.time()
            return True
        is_first, self._is_waiting = self._is_waiting, True
        if not is_first:
            self.since = loop.time()
        self._waiter = loop.create_future()
        self._turns.enqueue(self, is_first=is_first)
        try:
            is_turn = await self._waiter
        finally:
            self._turns.leave(self)
            self._waiter = None
        if is_turn:
            self._is_waiting = False
            self._began = loop.time()
        return is_turn

    async def go_on(self) -> None:
        """Keep the turn while it is not longer than a step; else wait for the next one."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._began >= self._turns.step_s():
            await self.come()

    def interrupt(self) -> None:
        """Something else came up for the one that waits here."""
        self.tell(is_turn=False)

    def tell(self, *, is_turn: bool) -> None:
        """End its waiting."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(is_turn)


class Room:
    """How much may be under way at once of what nobody waits for."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, when_free: Callable[[], None]) -> bool:
        """Take a part of it; False where none is left, and `when_free` is called then."""
        if self._free:
            self._free -= 1
            return True
        self._waiting.append(when_free)
        return False

    def give(self) -> None:
        """Give a part back."""
        self._free += 1
        if self._waiting:
            self._waiting.popleft()()
