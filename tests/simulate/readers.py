"""Readers of the ledger: the sink with its aggregates, and the keeper with facts and suspense."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from connectors.kafka.codec import decode_ledger, encode_commands
from connectors.kafka.ledger import Chain
from streams.model.account import Service
from streams.model.command import Released, Tick
from streams.model.ledger import LedgerRecord
from streams.model.usage import SourcePosition, UsageBatch, UsageRecord
from streams.outcome import Verdict
from streams.partition import partition_of
from tests.simulate.broker import SimBroker
from tests.simulate.business import EPOCH, TENANT
from tests.simulate.dice import Dice
from tests.simulate.mediation import Refusal
from tests.simulate.process import Process

POLL_S = 0.2
READ_MAX = 25


class ValidReader:
    """The valid records of one ledger partition, after the last one already taken."""

    chain_type: type[Chain] = Chain

    def __init__(self, broker: SimBroker, partition: int, last: int = -1) -> None:
        self._log = broker.logs["ledger", partition]
        self._next = last + 1
        self.chain = self.chain_type(last)

    def take(self, count: int = READ_MAX) -> list[tuple[int, LedgerRecord]]:
        """The next records that count, out of at most so many."""
        found = []
        for value in self._log[self._next : self._next + count]:
            record = decode_ledger(value)
            if self.chain.accept(self._next, record):
                found.append((self._next, record))
            self._next += 1
        return found

    @property
    def is_at_end(self) -> bool:
        return self._next == len(self._log)


@dataclass
class Warehouse:
    """What the sink wrote: survives it. Aggregates are totals with the offset they go `through`."""

    totals: dict[tuple[int, str], tuple[Decimal, int]] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)


class Sink:
    """Folds charges into totals by account; its position lags behind its inserts."""

    reader_type: type[ValidReader] = ValidReader

    def __init__(
        self, broker: SimBroker, dice: Dice, process: Process, warehouse: Warehouse, partitions: int
    ) -> None:
        self.process = process
        self._dice = dice
        self._warehouse = warehouse
        self.readers = {
            partition: self.reader_type(broker, partition, warehouse.positions.get(partition, -1))
            for partition in range(partitions)
        }
        for partition in range(partitions):
            process.spawn(self._follow(partition))

    async def _follow(self, partition: int) -> None:
        while True:
            await self.process.pass_gate()
            records = self.readers[partition].take(self._dice.random.randint(1, READ_MAX))
            for offset, record in records:
                self._add(partition, offset, record)
                await asyncio.sleep(0)
                await self.process.pass_gate()
            if records:
                await asyncio.sleep(self._dice.latency())
                await self.process.pass_gate()
                if self._dice.happens(0.3):
                    self._warehouse.positions[partition] = records[-1][0]
            else:
                await asyncio.sleep(POLL_S)

    def _add(self, partition: int, offset: int, record: LedgerRecord) -> None:
        """Absolute totals: what a row already goes through is not added again."""
        amounts: dict[tuple[int, str], Decimal] = {}
        for rated in record.rated:
            key = (partition, rated.account)
            amounts[key] = amounts.get(key, Decimal(0)) + rated.amount
        for key, amount in amounts.items():
            total, through = self._warehouse.totals.get(key, (Decimal(0), -1))
            if self._is_new(offset, through):
                self._warehouse.totals[key] = (total + amount, offset)

    def _is_new(self, offset: int, through: int) -> bool:
        return offset > through


class Keeper:
    """Writes facts to topic `accounts`, tries suspended records again, ticks. Keeps nothing."""

    reader_type: type[ValidReader] = ValidReader

    def __init__(self, broker: SimBroker, dice: Dice, process: Process, partitions: int) -> None:
        self.process = process
        self._broker = broker
        self._dice = dice
        self._partitions = partitions
        self.readers = {p: self.reader_type(broker, p) for p in range(partitions)}
        self._services: dict[str, dict[int, Service]] = {}
        self._refused_seen = 0
        self._open_refusals: dict[tuple[str, int, int, int], Refusal] = {}
        self._open_verdicts: dict[tuple[str, int, int, int], UsageRecord] = {}
        self._closed: set[tuple[str, int, int, int]] = set()
        process.spawn(self._follow())
        process.spawn(self._tick())

    @property
    def releasable(self) -> int:
        """Suspended records whose service is known by now."""
        return sum(
            refusal.event is not None
            and self._root_of(refusal.event.service_id, refusal.event.at) is not None
            for refusal in self._open_refusals.values()
        ) + sum(
            self._root_of(record.service_id, record.occurred_at) is not None
            for record in self._open_verdicts.values()
        )

    async def _follow(self) -> None:
        while True:
            for partition, reader in self.readers.items():
                await self.process.pass_gate()
                for _, record in reader.take():
                    await self._note(partition, record)
            self._note_refusals()
            if self._dice.happens(0.3):
                await self._release()
            await asyncio.sleep(POLL_S)

    async def _note(self, partition: int, record: LedgerRecord) -> None:
        for fact in record.facts:
            if isinstance(fact, Service):
                self._services.setdefault(fact.service_id, {})[partition] = fact
                value = msgspec.msgpack.encode((partition, fact))
                await self._broker.append_surely(self.process, ("accounts", 0), value)
        for rated in record.rated:
            self._close(rated.position)
        for verdict in record.verdicts:
            place = msgspec.structs.astuple(verdict.position)
            if verdict.verdict == Verdict.SUSPENDED:
                assert verdict.record is not None
                if place not in self._closed:
                    self._open_refusals.pop(place, None)
                    self._open_verdicts[place] = verdict.record
            else:
                self._close(verdict.position)

    def _close(self, position: SourcePosition) -> None:
        place = msgspec.structs.astuple(position)
        self._closed.add(place)
        self._open_refusals.pop(place, None)
        self._open_verdicts.pop(place, None)

    def _note_refusals(self) -> None:
        log = self._broker.logs["refused", 0]
        for value in log[self._refused_seen :]:
            refusal = msgspec.msgpack.decode(value, type=Refusal)
            known = refusal.position in self._closed or refusal.position in self._open_verdicts
            if refusal.event is not None and not known:
                self._open_refusals[refusal.position] = refusal
        self._refused_seen = len(log)

    async def _release(self) -> None:
        for position, refusal in list(self._open_refusals.items()):
            event = refusal.event
            if event is not None and self._root_of(event.service_id, event.at) is not None:
                value = msgspec.msgpack.encode((position, event.packed()))
                await self._broker.append_surely(self.process, ("release", 0), value)
        for position, record in list(self._open_verdicts.items()):
            root = self._root_of(record.service_id, record.occurred_at)
            if root is not None:
                batch = UsageBatch(position[0], position[1], "", (record,))
                await self._command(
                    partition_of(TENANT, root, self._partitions),
                    Released(f"release:{position}:{root}", batch),
                )

    def _root_of(self, service_id: str, at: int) -> str | None:
        found = [
            each
            for service in self._services.get(service_id, {}).values()
            for each in service.assignments
            if each.start <= at < each.end
        ]
        return max(found, key=lambda each: each.start).root if found else None

    async def _command(self, partition: int, command: Released | Tick) -> None:
        value = encode_commands((command,))
        await self._broker.append_surely(self.process, ("charging", partition), value)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(3)
            await self.process.pass_gate()
            at = EPOCH + int(asyncio.get_running_loop().time() * 1_000_000)
            for partition in range(self._partitions):
                await self._command(partition, Tick(f"tick:{at}", at))
