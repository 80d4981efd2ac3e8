"""What an owner is asked for beside its batches, and what it has done."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import Unavailable
from streams.model.charging_session import ChargingAnswer, ChargingRequest
from topologies.turns import Turns

ASKED_AT_ONCE: Final = 64
"""Requests that share one ledger record at most."""


@dataclass(slots=True)
class OwnerFigures:
    """What an owner has done since it was made; for metrics."""

    inputs: int = 0
    steps: int = 0
    requests: int = 0
    batches: int = 0
    output_bytes: int = 0
    lost: int = 0
    void: int = 0
    opened: int = 0
    cpu_s: float = 0.0


class RequestFailed(Exception):
    """This request cannot be answered; others can."""


@dataclass(slots=True, eq=False)
class Question:
    """A request of the online door that waits for its answer."""

    request: ChargingRequest
    answer: asyncio.Future[ChargingAnswer]

    def tell(self, answer: ChargingAnswer | Exception) -> None:
        """Answer it, unless whoever asked has gone."""
        if self.answer.done():
            return
        if isinstance(answer, Exception):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Questions:
    """The requests that wait for one owner."""

    def __init__(self, turns: Turns) -> None:
        self._waiting: deque[Question] = deque()
        self._turns = turns

    def __bool__(self) -> bool:
        """True where somebody waits."""
        return bool(self._waiting)

    def add(self, request: ChargingRequest) -> asyncio.Future[ChargingAnswer]:
        """Have it answered in its turn."""
        answer: asyncio.Future[ChargingAnswer] = asyncio.get_running_loop().create_future()
        self._waiting.append(Question(request, answer))
        self._turns.asked(answer)
        return answer

    def take(self) -> list[Question]:
        """Those that go together next; whoever does not wait any more is left out."""
        taken: list[Question] = []
        while self._waiting and len(taken) < ASKED_AT_ONCE:
            question = self._waiting.popleft()
            if not question.answer.done():
                taken.append(question)
        return taken

    def refuse(self, why: str) -> None:
        """Nobody knows what would have become of them: the retry, by the same name, finds out."""
        tell_all(list(self._waiting), Unavailable(why))
        self._waiting.clear()


def tell_all(questions: Sequence[Question], error: Exception) -> None:
    """The same for all of them."""
    for question in questions:
        question.tell(error)
