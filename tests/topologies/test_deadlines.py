"""Whoever waits too long is told so, and nobody else."""

import asyncio
from typing import Any

from topologies.deadlines import Deadlines


def test_an_answer_that_does_not_come_fails_in_time() -> None:
    async def check() -> None:
        deadlines, loop = Deadlines(0.1), asyncio.get_running_loop()
        late: asyncio.Future[Any] = loop.create_future()
        known: asyncio.Future[Any] = loop.create_future()
        deadlines.add(late)
        deadlines.add(known)
        known.set_result(1)
        began = loop.time()
        done, _ = await asyncio.wait([late], timeout=5)
        assert done
        assert isinstance(late.exception(), TimeoutError)
        assert 0.05 <= loop.time() - began < 4
        assert await known == 1

    asyncio.run(check())


def test_the_timer_goes_on_with_whoever_came_later() -> None:
    async def check() -> None:
        deadlines, loop = Deadlines(0.1), asyncio.get_running_loop()
        waiting: list[asyncio.Future[Any]] = []
        for _ in range(3):
            waiting.append(loop.create_future())
            deadlines.add(waiting[-1])
            await asyncio.sleep(0.04)
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in found] == [TimeoutError] * 3

    asyncio.run(check())
