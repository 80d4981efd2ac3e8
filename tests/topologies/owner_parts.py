"""Parts for tests of the owner: a ledger in memory, a source that remembers, a small core."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any

from connectors.kafka.codec import encode_commands, encode_usage_batch
from streams.model.charging_session import (
    AnswerCode,
    ChargingAnswer,
    ChargingRequest,
    Verb,
)
from streams.model.command import ActivateCatalog, Command, Forwarded, OutboxMessage, Receipt
from streams.model.usage import SourcePosition, Usage, UsageBatch, UsageRecord, record_id_of
from streams.state import Effects, RecordMark, RecordState, State, Table, record_id_key
from topologies.owner import OfferedBatch, OwnerOptions, PartitionOwner
from topologies.ports import AppendUnknown, LedgerLog
from topologies.state import Store

TENANT = "t"


class MemoryLedger:
    """A ledger partition in memory. `fates` are taken one an append, then all is well.

    `land` and acknowledge; `lose`: never lands, unknown; `hide`: lands, unknown; `hang`: for ever.
    """

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.first = 0
        self.fates: list[str] = []
        self.before_append: Callable[[bytes], None] = lambda _: None

    async def append(self, value: bytes) -> int:
        await asyncio.sleep(0)
        fate = self.fates.pop(0) if self.fates else "land"
        if fate == "hang":
            await asyncio.Event().wait()
        self.before_append(value)
        if fate in ("land", "hide"):
            self.values.append(value)
        if fate in ("lose", "hide"):
            raise AppendUnknown(fate)
        return len(self.values) - 1

    async def bounds(self) -> tuple[int, int]:
        return self.first, len(self.values)

    async def read(self, first: int, last: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        yield list(enumerate(self.values[first : last + 1], first))


class RememberingSource:
    """What the owner told its source."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.dropped: list[int] = []
        self.rewound: list[int] = []

    def acknowledge(self, batch: OfferedBatch) -> None:
        self.acknowledged.append(batch.offsets[-1])

    def drop(self, batch: OfferedBatch) -> None:
        self.dropped.append(batch.offsets[-1])

    async def rewind(self, offset: int) -> None:
        self.rewound.append(offset)


class ToyCore:
    """Adds up units by service; breaks on service `broken`, sends on service `away`."""

    def __init__(self) -> None:
        self.versions: set[str] = set()
        self.looked = 0

    def reads_of(self, records: Sequence[UsageRecord]) -> Sequence[tuple[Table, Collection[bytes]]]:
        ids = [record_id_key(each.occurred_at, each.record_id) for each in records]
        return ((Table.RECORD_IDS, ids),)

    def settle(self, state: State, effects: Effects) -> None:
        """Charges are counted at once."""

    def charge_record(
        self, record: UsageRecord, *, position: SourcePosition, state: State, effects: Effects
    ) -> None:
        key = record_id_key(record.occurred_at, record.record_id)
        if state.get(Table.RECORD_IDS, key) is not None:
            return
        place = (position.topic_id, position.partition, position.offset, position.index)
        state.put(Table.RECORD_IDS, key, RecordMark(RecordState.CHARGED, *place))
        total = state.get(Table.COUNTERS, record.service_id.encode()) or 0
        state.put(Table.COUNTERS, record.service_id.encode(), total + record.usages[0].quantity)
        if record.service_id == "broken":
            raise RuntimeError("half-way through")
        if record.service_id == "away":
            command = Forwarded(f"forward:{total}", 0, total, UsageBatch("topic", 0, "", (record,)))
            message = OutboxMessage(total, 1, command)
            state.put(Table.OUTBOX, total.to_bytes(8, "big"), message)
            effects.outbox.append(message)

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        if isinstance(command, Receipt):
            state.delete(Table.OUTBOX, command.message_id.to_bytes(8, "big"))
            effects.cleared.append(command.message_id)
        else:
            state.put(Table.META, command.command_id.encode(), 1)

    def ask(self, request: ChargingRequest, *, state: State, effects: Effects) -> ChargingAnswer:
        """`check` changes nothing; a session named `broken` breaks half-way through."""
        if request.verb != "check":
            state.put(Table.META, request.command_id.encode(), request.at)
        if request.session == "broken":
            raise RuntimeError("half-way through")
        return ChargingAnswer(AnswerCode.SUCCESS, detail=request.session)

    def missing_version(self, item: Any, state: State) -> str | None:
        self.looked += 1
        is_missing = isinstance(item, ActivateCatalog) and item.version not in self.versions
        return item.version if is_missing else None


def usage(number: int, service: str = "phone", units: int = 1) -> UsageRecord:
    """One record; its number makes its id and its source offset."""
    return UsageRecord(
        record_id_of(tenant=TENANT, source="s", event_id=str(number), part=0),
        TENANT,
        "s",
        str(number),
        0,
        number,
        0,
        "call",
        service,
        "root",
        0,
        0,
        (Usage("s", units),),
        {},
    )


def asking(name: str, verb: Verb = "reserve") -> ChargingRequest:
    """A request; its session is its name."""
    return ChargingRequest(name, TENANT, "root", verb, name, 1, "phone", 0, (), 0)


def usage_message(*records: UsageRecord) -> bytes:
    """A message of `charging` with these records."""
    return encode_usage_batch(UsageBatch("topic", 0, "", records))


def command_message(*commands: Command) -> bytes:
    """A message of `charging` with these commands."""
    return encode_commands(commands)


def offered(first: int, *values: bytes, generation: int = 1) -> OfferedBatch:
    """Messages from offset `first` on."""
    return OfferedBatch(0, range(first, first + len(values)), values, generation)


async def _inline(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


class OwnerWorld:
    """One owner with its parts, running."""

    def __init__(self, store: Store, ledger: LedgerLog, **options: Any) -> None:
        self.source = RememberingSource()
        self.core = ToyCore()
        self.sent: list[tuple[int, bytes]] = []
        settings = {"in_thread": _inline, "retry_s": 0.01, "close_wait_s": 0.2, **options}
        self.owner = PartitionOwner(
            0,
            core=self.core,
            store=store,
            log=ledger,
            source=self.source,
            outbox_send=self._send,
            options=OwnerOptions(**settings),
        )
        self.owner.generation = 1
        self.running: asyncio.Task[None] | None = None

    async def _send(self, partition: int, value: bytes) -> None:
        self.sent.append((partition, value))

    async def start(self) -> None:
        """Run the owner and wait until it is open."""
        self.running = asyncio.create_task(self.owner.run())
        await asyncio.wait_for(self.owner.opened(), 30)

    async def take(self, *batches: OfferedBatch) -> None:
        """Offer batches and wait until the source has heard of each."""
        wanted = len(self.source.acknowledged) + len(self.source.dropped) + len(batches)
        for batch in batches:
            self.owner.offer(batch)
        await self.until(lambda: len(self.source.acknowledged) + len(self.source.dropped) >= wanted)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition; what the owner raises is raised here."""
        assert self.running is not None
        async with asyncio.timeout(30):
            while not condition():
                if self.running.done():
                    self.running.result()
                await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """Close the owner."""
        await self.owner.close()
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait([self.running])
