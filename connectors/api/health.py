"""What the engine stands on, looked at once at a time and not more often than it can change.

Anybody may ask, without a key: so however many ask, the engines behind see one question a second.
"""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from starlette.concurrency import run_in_threadpool

KEPT_S: Final = 1.0
"""Age at which an answer is no longer given out."""

Check = Callable[[], str]
"""Reaches one thing: `ok`, or what is wrong with it."""


class Health:
    """The checks' newest answers. All who ask while a look is under way share it."""

    def __init__(self, checks: Mapping[str, Check], *, kept_s: float = KEPT_S) -> None:
        self._checks = checks
        self._kept_s = kept_s
        self._look: asyncio.Task[dict[str, str]] | None = None
        self._looked_at = -kept_s

    async def states(self) -> Mapping[str, str]:
        """By name `ok`, or what is wrong with it, as of `kept_s` ago at the most."""
        look = self._look
        if look is None or (look.done() and monotonic() - self._looked_at >= self._kept_s):
            look = self._look = asyncio.create_task(self._ask())
        # Whoever gives up waiting must not end the look for the others.
        return await asyncio.shield(look)

    async def _ask(self) -> dict[str, str]:
        answers = await asyncio.gather(*map(run_in_threadpool, self._checks.values()))
        self._looked_at = monotonic()
        return dict(zip(self._checks, answers, strict=True))
