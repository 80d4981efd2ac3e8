"""Mediation: source messages → batches by account root, and what is refused; at least once.

The chain stands in for `topologies/runner.py`: same inputs and outputs, one format. What matters
here is that its answer depends on a directory that is behind, and differently so at each delivery.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.kafka.codec import encode_usage_batch
from streams.model.account import Service
from streams.model.usage import Usage, UsageBatch, UsageRecord, record_id_of
from streams.partition import partition_of
from tests.simulate.broker import SimBroker
from tests.simulate.business import POISON, TENANT, UNIT, USAGE_TYPE, Event, parse_event
from tests.simulate.dice import Dice
from tests.simulate.process import Process

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

    def root_of(self, service_id: str, at: int) -> str | None:
        """The root that the service belongs to at an instant, by the newest start."""
        found = [
            each
            for service in self._known.get(service_id, {}).values()
            for each in service.assignments
            if each.start <= at < each.end
        ]
        if not found:
            return None
        return max(found, key=lambda each: each.start).root


@dataclass
class Refusal:
    """What mediation did not pass on."""

    code: str
    position: tuple[str, int, int, int]
    event: Event | None


@dataclass
class Output:
    """What a fetch became."""

    batches: dict[int, list[UsageBatch]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


class Chain:
    """Parses and routes; the same bytes and the same directory give the same output."""

    def __init__(self, directory: Directory, partitions: int) -> None:
        self._directory = directory
        self._partitions = partitions

    def run(self, messages: Sequence[tuple[tuple[str, int, int, int], bytes]]) -> Output:
        """Messages under the position they were first read at."""
        output = Output()
        for position, value in messages:
            event = parse_event(value)
            if event is None:
                output.refused.append(Refusal("not_parsable", position, None))
                continue
            root = self._directory.root_of(event.service_id, event.at)
            if root is None:
                output.refused.append(Refusal("unknown_service", position, event))
                continue
            target = partition_of(TENANT, root, self._partitions)
            batch = UsageBatch(position[0], position[1], "", (_record_of(event, position, root),))
            _add(output.batches.setdefault(target, []), batch)
        return output


def _add(batches: list[UsageBatch], batch: UsageBatch) -> None:
    if batches and (batches[-1].topic_id, batches[-1].partition) == (
        batch.topic_id,
        batch.partition,
    ):
        records = (*batches[-1].records, *batch.records)
        batches[-1] = UsageBatch(batch.topic_id, batch.partition, "", records)
    else:
        batches.append(batch)


def _record_of(event: Event, position: tuple[str, int, int, int], root: str) -> UsageRecord:
    return UsageRecord(
        record_id_of(tenant=TENANT, source="sim", event_id=event.event_id, part=0),
        TENANT,
        "sim",
        event.event_id,
        0,
        position[2],
        position[3],
        USAGE_TYPE,
        event.service_id,
        root,
        event.at,
        event.at,
        (Usage(UNIT, event.units),),
        {POISON: "1"} if event.poison else {},
    )


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
        self._chain = Chain(self._directory, partitions)
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
            messages = [_message(place, following + at, value) for at, value in enumerate(values)]
            following += len(values)
            await self._deliver(place, self._chain.run(messages), following)

    def _fetch_size(self) -> int:
        return self._dice.random.randint(1, FETCH_MAX)

    async def _deliver(self, place: tuple[str, int], output: Output, following: int) -> None:
        """All outputs acknowledged first, then the source is."""
        await self._send(output)
        self._commit(place, following)

    async def _send(self, output: Output) -> None:
        sends = [
            self._broker.append_surely(
                self.process, ("charging", target), encode_usage_batch(batch)
            )
            for target, batches in output.batches.items()
            for batch in batches
        ]
        sends += [
            self._broker.append_surely(
                self.process, ("refused", 0), msgspec.msgpack.encode(refusal)
            )
            for refusal in output.refused
        ]
        await asyncio.gather(*sends)

    def _commit(self, place: tuple[str, int], following: int) -> None:
        self._broker.committed[place] = max(following, self._broker.committed[place])


def _message(
    place: tuple[str, int], offset: int, value: bytes
) -> tuple[tuple[str, int, int, int], bytes]:
    if place[0] == "release":
        position, event = msgspec.msgpack.decode(value, type=tuple[tuple[str, int, int, int], Any])
        return position, event
    return (place[0], place[1], offset, 0), value
