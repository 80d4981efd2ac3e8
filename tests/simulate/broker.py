"""Topics as lists, and appends that get lost, doubled, delayed, or are never acknowledged."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from connectors.errors import Corrupted
from tests.simulate.dice import Dice, Rates
from tests.simulate.process import Process
from topologies.ports import AppendUnknown

Place = tuple[str, int]
"""Topic and partition."""

READ_MAX = 40


class SimBroker:
    """Logs that survive everything. `first` is where a trimmed log begins."""

    def __init__(self, dice: Dice, rates: Rates) -> None:
        self.rates = rates
        self.logs: dict[Place, list[bytes]] = defaultdict(list)
        self.times: dict[Place, list[float]] = defaultdict(list)
        self.first: dict[Place, int] = defaultdict(int)
        self.committed: dict[Place, int] = defaultdict(int)
        self._dice = dice

    def land(self, place: Place, value: bytes) -> int:
        """The value is in the log now; its offset."""
        log = self.logs[place]
        log.append(value)
        self.times[place].append(asyncio.get_running_loop().time())
        return len(log) - 1

    def end(self, place: Place) -> int:
        """The next offset to be written."""
        return len(self.logs[place])

    def trim(self, place: Place, first: int) -> None:
        """Forget what stands below `first`; only checks still see it."""
        self.first[place] = max(self.first[place], first)

    async def append(self, process: Process, place: Place, value: bytes) -> int:
        """What a producer sees of one send: an offset, or AppendUnknown."""
        await process.pass_gate()
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._send(place, value, answer)
        offset = await answer
        await process.pass_gate()
        return offset

    async def append_surely(self, process: Process, place: Place, value: bytes) -> None:
        """Send again until it is acknowledged: at least once."""
        while True:
            try:
                await self.append(process, place, value)
                return
            except AppendUnknown:
                await asyncio.sleep(0.1)

    def _send(self, place: Place, value: bytes, answer: "asyncio.Future[int]") -> None:
        loop, dice, rates = asyncio.get_running_loop(), self._dice, self.rates
        hop, back = dice.latency(), dice.latency()
        chance = dice.random.random()

        def land(answers: bool = True) -> None:
            offset = self.land(place, value)
            if answers:
                loop.call_later(back, _answer, answer, offset)

        for fate in ("unacknowledged", "lost", "late", "doubled", "slow"):
            chance -= getattr(rates, fate)
            if chance < 0:
                break
        else:
            loop.call_later(hop, land)
            return
        if fate == "slow":
            loop.call_later(dice.between(0.5, 8), land)
            return
        if fate == "doubled":
            first_answers = dice.happens(0.5)
            loop.call_later(hop, land, first_answers)
            loop.call_later(hop + dice.latency(), land, not first_answers)
            return
        if fate == "unacknowledged":
            loop.call_later(hop, land, False)
        elif fate == "late":
            loop.call_later(dice.between(0.2, 4), land, False)
        loop.call_later(dice.between(0.05, 1.5), _give_up, answer)

    async def read(
        self, process: Process, place: Place, first: int, last: int
    ) -> AsyncIterator[list[tuple[int, bytes]]]:
        """The records `first..last`, in pieces."""
        if first < self.first[place]:
            raise Corrupted(f"{place}: {first} is trimmed")
        log = self.logs[place]
        while first <= last:
            await process.pass_gate()
            await asyncio.sleep(self._dice.latency())
            await process.pass_gate()
            end = min(last + 1, first + READ_MAX)
            yield list(enumerate(log[first:end], first))
            first = end


def _answer(answer: "asyncio.Future[int]", offset: int) -> None:
    if not answer.done():
        answer.set_result(offset)


def _give_up(answer: "asyncio.Future[int]") -> None:
    if not answer.done():
        answer.set_exception(AppendUnknown("no acknowledgement"))


class SimLedgerLog:
    """One partition of `ledger` as an owner's port."""

    def __init__(self, broker: SimBroker, process: Process, partition: int) -> None:
        self._broker = broker
        self._process = process
        self._place = ("ledger", partition)

    async def append(self, value: bytes) -> int:
        return await self._broker.append(self._process, self._place, value)

    async def bounds(self) -> tuple[int, int]:
        await self._process.pass_gate()
        return self._broker.first[self._place], self._broker.end(self._place)

    def read(self, first: int, last: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        return self._broker.read(self._process, self._place, first, last)
