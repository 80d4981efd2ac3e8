"""Readers of the ledger: the sink with its aggregates, and the keeper with facts and suspense."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from connectors.kafka.codec import (
    decode_ledger,
    decode_refused,
    encode_commands,
    encode_record,
    encode_refused,
)
from connectors.kafka.ledger import Chain
from streams.model.account import Service
from streams.model.command import Tick
from streams.model.ledger import LedgerRecord
from streams.model.rated import RecordVerdict
from streams.model.refused import RefusedRecord
from streams.model.usage import SourcePosition
from streams.outcome import Verdict
from tests.simulate.broker import SimBroker
from tests.simulate.business import EPOCH
from tests.simulate.dice import Dice
from tests.simulate.process import Process

POLL_S = 0.2
RETRY_S = 10.0
"""A record that waits is tried again at the latest after so long."""
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
        self._open: dict[SourcePosition, RefusedRecord] = {}
        self._closed: set[SourcePosition] = set()
        self._tried: dict[SourcePosition, tuple[float, float]] = {}
        process.spawn(self._follow())
        process.spawn(self._tick())

    @property
    def releasable(self) -> int:
        """Suspended records whose service is known by now."""
        return sum(map(self._is_due, self._open.values()))

    def _is_due(self, refused: RefusedRecord) -> bool:
        return any(
            each.start <= refused.occurred_at < each.end
            for service in self._services.get(refused.service_id, {}).values()
            for each in service.assignments
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
            if verdict.verdict == Verdict.SUSPENDED:
                self._suspend(_suspended_by_charging(verdict))
            else:
                self._close(verdict.position)

    def _suspend(self, refused: RefusedRecord) -> None:
        if refused.position not in self._closed:
            self._open[refused.position] = refused

    def _close(self, position: SourcePosition) -> None:
        self._closed.add(position)
        self._open.pop(position, None)

    def _note_refusals(self) -> None:
        log = self._broker.logs["refused", 0]
        for value in log[self._refused_seen :]:
            refused = decode_refused(value)
            if refused.state != "suspended":
                self._close(refused.position)
            elif refused.position not in self._open:
                self._suspend(refused)
        self._refused_seen = len(log)

    async def _release(self) -> None:
        """Try again what is due: soon at first, then twice as late each time.

        The real one waits for something newer. Asked anew for ever, a partition that is behind
        would have ever more to do.
        """
        now = asyncio.get_running_loop().time()
        for refused in [each for each in self._open.values() if self._is_due(each)]:
            again_at, pause = self._tried.get(refused.position, (now, POLL_S))
            if now < again_at:
                continue
            self._tried[refused.position] = now + pause, min(2 * pause, RETRY_S)
            await self._broker.append_surely(self.process, ("release", 0), encode_refused(refused))

    async def _command(self, partition: int, command: Tick) -> None:
        value = encode_commands((command,))
        await self._broker.append_surely(self.process, ("charging", partition), value)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(3)
            await self.process.pass_gate()
            at = EPOCH + int(asyncio.get_running_loop().time() * 1_000_000)
            for partition in range(self._partitions):
                await self._command(partition, Tick(f"tick:{at}", at))


def _suspended_by_charging(verdict: RecordVerdict) -> RefusedRecord:
    record = verdict.record
    assert record is not None
    return RefusedRecord(
        record_id=record.record_id,
        tenant=record.tenant,
        source=record.source,
        event_id=record.event_id,
        position=verdict.position,
        topic="usage",
        state="suspended",
        code=verdict.code,
        stage="charge",
        detail=verdict.detail,
        service_id=record.service_id,
        occurred_at=record.occurred_at,
        record=encode_record(record),
    )
