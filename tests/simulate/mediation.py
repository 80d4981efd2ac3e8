"""Mediation as a process: the real chain between simulated topics, at least once.

What it answers depends on a directory that is behind, and differently so at each delivery: a record
that was suspended once may be routed the next time.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from connectors.kafka.codec import encode_commands, encode_refused, encode_usage_batch
from streams.model.account import Service
from streams.model.instant import BEGINNING, SECOND
from streams.sources import MediationPlans
from streams.state import CatalogMarks
from tests.simulate.broker import SimBroker
from tests.simulate.business import EPOCH, SIM_PLAN, TENANT
from tests.simulate.dice import Dice
from tests.simulate.process import Process
from topologies.reject_limit import RejectLimit
from topologies.runner import MediationOutput, MediationRunner, SourceMessage

MEDIATION_PLANS = MediationPlans(
    {SIM_PLAN.version: SIM_PLAN.mediation},
    {TENANT: CatalogMarks(((BEGINNING, SIM_PLAN.version),))},
)
FETCH_MAX = 12
POLL_S = 0.1


class Directory:
    """Services as topic `accounts` told them, some facts behind."""

    def __init__(self, broker: SimBroker, dice: Dice) -> None:
        self._broker = broker
        self._dice = dice
        self._seen = 0
        self._known: dict[str, dict[int, Service]] = {}

    def advance(self, to_the_end: bool = False) -> None:
        """Take in some more of the topic."""
        log = self._broker.logs["accounts", 0]
        target = len(log) if to_the_end else self._dice.random.randint(self._seen, len(log))
        for value in log[self._seen : target]:
            home, service = msgspec.msgpack.decode(value, type=tuple[int, Service])
            held = self._known.setdefault(service.service_id, {})
            if home not in held or held[home].version <= service.version:
                held[home] = service
        self._seen = target

    @property
    def position(self) -> int:
        """The offset of the newest fact known."""
        return self._seen - 1

    def lookup(self, keys: Sequence[tuple[str, str]]) -> list[Service | None]:
        """Each service as all its homes together see it."""
        return [self._merged(service_id) for _, service_id in keys]

    def _merged(self, service_id: str) -> Service | None:
        homes = self._known.get(service_id)
        if homes is None:
            return None
        assignments = [each for service in homes.values() for each in service.assignments]
        return Service(TENANT, service_id, tuple(sorted(assignments, key=lambda at: at.start)))


class Mediator:
    """One mediation process: every source partition and topic `release`."""

    def __init__(
        self, broker: SimBroker, dice: Dice, process: Process, *, usage: int, partitions: int
    ) -> None:
        self.process = process
        self._broker = broker
        self._dice = dice
        self._directory = Directory(broker, dice)
        self._directory.advance()
        self._runner = MediationRunner(
            plans=MEDIATION_PLANS,
            directory=self._directory,
            partitions=partitions,
            limit=RejectLimit(consecutive=10_000, per_mille=1000),
            engine="sim",
        )
        for partition in range(usage):
            process.spawn(self._follow(("usage", partition)))
        process.spawn(self._follow(("release", 0)))
        process.spawn(self._learn())

    async def _learn(self) -> None:
        behind_s = self._dice.random.choice((0.1, 2.0, 30.0))
        while True:
            await asyncio.sleep(self._dice.between(0.05, behind_s))
            await self.process.pass_gate()
            self._directory.advance()

    async def _follow(self, place: tuple[str, int]) -> None:
        following = self._broker.committed[place]
        while True:
            await self.process.pass_gate()
            values = self._broker.logs[place][following : following + self._fetch_size()]
            if not values:
                await asyncio.sleep(POLL_S)
                continue
            output = self._run(place, following, values)
            following += len(values)
            await self._deliver(place, output, following)

    def _run(self, place: tuple[str, int], first: int, values: list[bytes]) -> MediationOutput:
        times = self._broker.times[place]
        messages = [
            SourceMessage(offset, EPOCH + int(times[offset] * SECOND), None, value)
            for offset, value in enumerate(values, first)
        ]
        run = self._runner.run_released if place[0] == "release" else self._runner.run
        return run(messages, topic=place[0], topic_id=place[0], partition=place[1])

    def _fetch_size(self) -> int:
        return self._dice.random.randint(1, FETCH_MAX)

    async def _deliver(
        self, place: tuple[str, int], output: MediationOutput, following: int
    ) -> None:
        """All outputs acknowledged first, then the source is."""
        await self._send(output)
        self._commit(place, following)

    async def _send(self, output: MediationOutput) -> None:
        messages = [
            (("charging", target), encode_usage_batch(batch))
            for target, batches in output.batches.items()
            for batch in batches
        ]
        messages += [
            (("charging", target), encode_commands(tuple(commands)))
            for target, commands in output.commands.items()
            if commands
        ]
        messages += [
            (("refused", 0), encode_refused(refused))
            for refused in (*output.refused, *output.closed)
        ]
        await asyncio.gather(
            *(self._broker.append_surely(self.process, place, each) for place, each in messages)
        )

    def _commit(self, place: tuple[str, int], following: int) -> None:
        self._broker.committed[place] = max(following, self._broker.committed[place])
