"""Looks at health: shared by all who ask, and not repeated before they are old."""

import asyncio
import threading
from time import monotonic

import pytest

from connectors.api.health import Health

CALLERS = 200


class Checked:
    """A thing that is looked at; counts the looks, and those that overlap."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.looks = 0
        self.overlapped = False
        self._busy = threading.Lock()

    def __call__(self) -> str:
        self.overlapped |= not self._busy.acquire(blocking=False)
        try:
            answer = self.answers[min(self.looks, len(self.answers) - 1)]
            self.looks += 1
            if isinstance(answer, Exception):
                raise answer
            return answer
        finally:
            self._busy.release()


def test_however_many_ask_one_look_answers_them() -> None:
    kafka, clickhouse = Checked("ok"), Checked("away")
    health = Health({"kafka": kafka, "clickhouse": clickhouse}, kept_s=600)

    async def ask() -> None:
        together = await asyncio.gather(*(health.states() for _ in range(CALLERS)))
        later = await health.states()
        assert all(states == {"kafka": "ok", "clickhouse": "away"} for states in (*together, later))

    asyncio.run(ask())
    assert (kafka.looks, clickhouse.looks) == (1, 1)


def test_an_old_answer_is_looked_for_again() -> None:
    kafka = Checked("away", "ok")
    health = Health({"kafka": kafka}, kept_s=0.01)

    async def ask() -> None:
        assert await health.states() == {"kafka": "away"}
        deadline = monotonic() + 10
        while await health.states() != {"kafka": "ok"}:
            assert monotonic() < deadline

    asyncio.run(ask())
    assert not kafka.overlapped


def test_a_caller_that_gives_up_ends_no_look_and_a_look_that_failed_is_not_kept() -> None:
    waiting = threading.Event()

    def slow() -> str:
        assert waiting.wait(10)
        return "ok"

    async def give_up() -> None:
        health = Health({"kafka": slow}, kept_s=600)
        impatient = asyncio.create_task(health.states())
        patient = asyncio.create_task(health.states())
        await asyncio.sleep(0)
        impatient.cancel()
        waiting.set()
        assert await patient == {"kafka": "ok"}

    async def fail() -> None:
        health = Health({"kafka": Checked(RuntimeError("bug"), "ok")}, kept_s=600)
        with pytest.raises(RuntimeError, match="bug"):
            await health.states()
        assert await health.states() == {"kafka": "ok"}

    asyncio.run(give_up())
    asyncio.run(fail())
