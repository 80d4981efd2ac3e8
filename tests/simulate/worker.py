"""A charging worker: owners of the partitions it believes to have, and the fetching for them."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.api.keys import ApiKey, KeyStore, Scope
from streams.model.instant import SECOND, Instant
from tests.simulate.broker import SimBroker, SimLedgerLog
from tests.simulate.business import EPOCH, new_core
from tests.simulate.dice import Dice, Rates
from tests.simulate.disk import Platter, SimDisk, SimShelf
from tests.simulate.process import Process
from topologies.online import OnlineDoor
from topologies.owner import OfferedBatch, OwnerOptions, PartitionOwner
from topologies.ports import AppendUnknown
from topologies.state import Store, StoreOptions
from topologies.turns import Turns

OUTSTANDING_MAX = 3
FETCH_MAX = 6
POLL_S = 0.1


@dataclass
class Fleet:
    """What all workers of a run share."""

    broker: SimBroker
    dice: Dice
    rates: Rates
    partitions: int
    platters: dict[tuple[str, int], Platter]
    shelves: dict[int, SimShelf]
    owner_type: type[PartitionOwner]
    core_of: Callable[[int, int], Any] = new_core


class SimSource:
    """`charging[p]` as one owner's source."""

    def __init__(self, fleet: Fleet, process: Process, partition: int) -> None:
        self._fleet = fleet
        self._process = process
        self._place = ("charging", partition)
        self._following = fleet.broker.committed[self._place]
        self._outstanding: set[object] = set()
        self._tokens = itertools.count()

    def acknowledge(self, batch: OfferedBatch) -> None:
        self._outstanding.discard(batch.token)
        broker = self._fleet.broker
        if self._process.is_alive and self._fleet.dice.happens(0.5):
            following = batch.offsets[-1] + 1
            broker.committed[self._place] = max(broker.committed[self._place], following)

    def drop(self, batch: OfferedBatch) -> None:
        self._outstanding.discard(batch.token)

    async def rewind(self, offset: int) -> None:
        await self._process.pass_gate()
        self._outstanding.clear()
        self._following = offset

    async def run(self, owner: PartitionOwner) -> None:
        """Fetch and offer, a few batches ahead."""
        log, dice = self._fleet.broker.logs[self._place], self._fleet.dice
        while True:
            await self._process.pass_gate()
            following = self._following
            if len(self._outstanding) >= OUTSTANDING_MAX or following >= len(log):
                await asyncio.sleep(POLL_S)
                continue
            values = log[following : following + dice.random.randint(1, FETCH_MAX)]
            self._following += len(values)
            batch = OfferedBatch(
                self._place[1],
                range(following, self._following),
                values,
                owner.generation,
                next(self._tokens),
            )
            self._outstanding.add(batch.token)
            owner.offer(batch)
            await asyncio.sleep(dice.latency())


class _AnyKey(KeyStore):
    """Everybody may ask."""

    def __init__(self) -> None:
        self._key = ApiKey(key_id="any", name="any", digest="", scope=Scope.ADMIN, created_at=EPOCH)

    def find(self, text: str) -> ApiKey:
        return self._key


class ChargingWorker:
    """One process of the group `charging`, with a clock of its own and a door for callers."""

    def __init__(self, fleet: Fleet, process: Process) -> None:
        self.process = process
        self.owners: dict[int, PartitionOwner] = {}
        self.door = OnlineDoor(self.owners, _AnyKey(), partitions=fleet.partitions)
        self._turns = Turns()
        self._ahead = int(fleet.dice.between(-2, 2) * SECOND)
        self.stores: dict[int, Store] = {}
        self._fleet = fleet
        self._closing = asyncio.Lock()
        self._runs: dict[int, list[asyncio.Task[None]]] = {}

    async def assigned(self, partitions: set[int], generation: int) -> None:
        """The group says so; the ledger decides."""
        async with self._closing:
            for partition in sorted(self.owners.keys() - partitions):
                owner = self.owners.pop(partition)
                fetching, running = self._runs.pop(partition)
                fetching.cancel()
                await owner.close()
                running.cancel()
            for partition in sorted(partitions):
                if partition not in self.owners:
                    self._open(partition, generation)
                self.owners[partition].generation = generation

    def _open(self, partition: int, generation: int) -> None:
        fleet, process = self._fleet, self.process
        platter = fleet.platters[process.name, partition]
        source = SimSource(fleet, process, partition)
        waiting = fleet.dice.random.choice((1, 20, 200))
        self.stores[partition] = store = Store(
            SimDisk(platter, process), StoreOptions(values_bytes=40_000, unwritten_keys=waiting)
        )
        owner = fleet.owner_type(
            partition,
            core=fleet.core_of(partition, fleet.partitions),
            store=store,
            log=SimLedgerLog(fleet.broker, process, partition),
            source=source,
            outbox_send=self._send,
            options=self._options(partition),
        )
        owner.generation = generation
        self.owners[partition] = owner
        self._runs[partition] = [
            process.spawn(source.run(owner)),
            process.spawn(owner.run()),
        ]

    def come_to_rest(self) -> None:
        """Let the disks have what only waits for more of its kind."""
        for partition in self.owners:
            self.stores[partition].flush()

    def _options(self, partition: int) -> OwnerOptions:
        dice = self._fleet.dice
        step = dice.random.choice((1, 3, 7, 50))
        return OwnerOptions(
            engine="sim",
            records_first=step,
            records_max=step,
            resend_s=1.5,
            shelf=self._fleet.shelves[partition],
            snapshot_s=dice.between(2, 8),
            cpu_clock=lambda: 0.0,
            new_owner=lambda: dice.random.randbytes(8),
            in_thread=_at_once,
            watch=self._strike,
            turns=self._turns,
            now=self._now,
        )

    def _now(self) -> Instant:
        """By a clock that is right to two seconds."""
        return EPOCH + self._ahead + int(asyncio.get_running_loop().time() * SECOND)

    def _strike(self, _point: str) -> None:
        """Die at a named point of a step."""
        fleet = self._fleet
        if self.process.is_alive and fleet.dice.happens(fleet.rates.strike):
            self.process.kill()
            raise asyncio.CancelledError

    async def _send(self, partition: int, value: bytes) -> None:
        fleet = self._fleet
        if fleet.dice.happens(fleet.broker.rates.lost_message):
            await asyncio.sleep(fleet.dice.between(0.05, 1))
            raise AppendUnknown("lost on its way")
        await fleet.broker.append(self.process, ("charging", partition), value)


async def _at_once(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)
