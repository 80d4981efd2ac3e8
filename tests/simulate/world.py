"""One run: build the world, let load and chaos loose, calm down, wait until nothing moves."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.errors import Corrupted
from streams.session.signals import running_sessions
from tests.simulate.broker import SimBroker
from tests.simulate.business import new_core
from tests.simulate.callers import Callers
from tests.simulate.dice import Dice, Rates
from tests.simulate.disk import Platter, SimShelf
from tests.simulate.load import LOAD_S, Load, Shape
from tests.simulate.loop import VirtualLoop
from tests.simulate.mediation import Mediator
from tests.simulate.process import Process
from tests.simulate.readers import Keeper, Sink, Warehouse
from tests.simulate.worker import ChargingWorker, Fleet
from topologies.owner import PartitionOwner

SESSION_S = 4.0
QUIET_S = 400.0
"""Virtual. Mediation may look up to 30 s behind, and learns the rest of the facts by parts."""


@dataclass
class Cast:
    """The types a run is made of; a planted bug replaces one."""

    owner: type[PartitionOwner] = PartitionOwner
    mediator: type[Mediator] = Mediator
    sink: type[Sink] = Sink
    core_of: Callable[[int, int], Any] = new_core
    shelf: type[SimShelf] = SimShelf


@dataclass
class World:
    """Everything of one run."""

    seed: int
    shape: Shape = field(default_factory=Shape)
    cast: Cast = field(default_factory=Cast)
    rates: Rates = field(default_factory=Rates)
    trace: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.dice = Dice(self.seed)
        dice = self.dice
        # Some runs are rough, some are nearly calm, some trim the ledger.
        roughness = dice.random.choice((0.3, 1.0, 2.0))
        self.rates = replace(
            self.rates,
            **{
                name: getattr(self.rates, name) * roughness
                for name in ("unacknowledged", "lost", "late", "kill", "freeze", "strike")
            },
            trim=dice.random.choice((0.0, 0.1)),
        )
        self.shape = replace(
            self.shape,
            moves=dice.random.choice((0.3, 1.0)),
            leaves=dice.random.choice((0.0, 0.5, 1.0)),
            repeats=dice.random.choice((0.05, 0.1, 0.4)),
        )
        self.broker = SimBroker(dice, self.rates)
        self.copies: dict[str, dict[bytes, bytes]] = {}
        names = [f"worker-{n}" for n in range(self.shape.workers)]
        places = [(name, p) for name in names for p in range(self.shape.partitions)]
        self.fleet = Fleet(
            self.broker,
            dice,
            self.rates,
            self.shape.partitions,
            {place: Platter(self.copies) for place in places},
            {p: self.cast.shelf(p, self.copies) for p in range(self.shape.partitions)},
            self.cast.owner,
            self.cast.core_of,
        )
        self.warehouse = Warehouse()
        self.failures: list[str] = []
        self.workers: dict[str, ChargingWorker] = {}
        self.assignment: dict[str, set[int]] = {name: set() for name in names}
        self.generation = 0
        self.suspected: set[str] = set()
        self.is_calm = False
        self._background: set[asyncio.Task[None]] = set()

    def tell(self, what: str) -> None:
        self.trace(f"{asyncio.get_running_loop().time():8.3f} {what}")

    def _failed(self, name: str, error: BaseException) -> None:
        if isinstance(error, Corrupted) and "trimmed" in str(error) and name in self.workers:
            # It fell behind a snapshot: it stops, and its next start begins from there.
            self.tell(f"{name} stopped: {error}")
            self.workers[name].process.kill()
            asyncio.get_running_loop().call_later(0.5, self._bring_back, name)
            return
        self.failures.append(f"{name} failed: {error!r}")
        self.tell(self.failures[-1])

    # The run

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def run(self) -> None:
        """All of it; `failures` says what went wrong on the way."""
        self.load = Load(
            self.broker, self.dice, self.shape, Process("outside", self._failed), self._begin
        )
        for name in self.assignment:
            self._start_worker(name)
        self.callers = Callers(self.dice, self.shape, self.workers, self._begin)
        self._rebalance()
        self._start_mediator()
        self._start_keeper()
        self._start_sink()
        chaos = [
            asyncio.create_task(work())
            for work in (
                self.load.operate,
                self.load.send,
                self.load.tick,
                self.callers.call,
                self._kill_and_freeze,
                self._trim,
            )
        ]
        await asyncio.gather(*chaos)
        self._calm_down()
        await self._settle()
        for worker in self.workers.values():
            worker.come_to_rest()
        for process in self._processes():
            process.kill()
        for task in list(self._background):
            task.cancel()
        await asyncio.sleep(0)

    def _processes(self) -> list[Process]:
        return [
            *(worker.process for worker in self.workers.values()),
            self.mediator.process,
            self.keeper.process,
            self.sink.process,
        ]

    def _calm_down(self) -> None:
        self.is_calm = True
        self.tell("calm")
        self.broker.rates = self.rates.calm()
        self.fleet.rates = replace(self.rates, strike=0.0)
        for name in self.workers:
            self._bring_back(name)  # who died after the last look
        for process in self._processes():
            process.thaw()

    async def _settle(self) -> None:
        """Until all is taken and nothing has moved for a while."""
        loop = asyncio.get_running_loop()
        end, still = loop.time() + QUIET_S, 0
        while still < 6:
            await asyncio.sleep(0.5)
            pending = self._pending()
            still = 0 if pending else still + 1
            if loop.time() > end:
                self.failures.append(f"never came to rest: {pending}")
                return

    def _pending(self) -> str:
        broker = self.broker
        for place in [("usage", p) for p in range(self.shape.usage)] + [("release", 0)]:
            if broker.committed[place] < broker.end(place):
                return f"{place} is read to {broker.committed[place]} of {broker.end(place)}"
        owners = {
            partition: owner
            for name, worker in self.workers.items()
            for partition, owner in worker.owners.items()
            if partition in self.assignment[name]
        }
        for partition in range(self.shape.partitions):
            owner = owners.get(partition)
            if owner is None or not owner.is_open:
                return f"partition {partition} has no open owner"
            end = broker.end(("charging", partition))
            if owner.position() < end:
                return f"charging[{partition}] is taken to {owner.position()} of {end}"
            if running := running_sessions(owner.look()):
                return f"partition {partition} has {running} sessions that run"
            if owner.in_transit:
                return f"partition {partition} has {owner.in_transit} messages in transit"
        for name, readers in (("sink", self.sink.readers), ("keeper", self.keeper.readers)):
            if not all(reader.is_at_end for reader in readers.values()):
                return f"{name} reads"
        if self.callers.waiting:
            return f"{self.callers.waiting} callers are not done"
        if self.keeper.releasable:
            return f"{self.keeper.releasable} suspended records can be released"
        return ""

    # The group

    def _start_worker(self, name: str) -> None:
        self.workers[name] = ChargingWorker(self.fleet, Process(name, self._failed))

    def _rebalance(self) -> None:
        """A new generation; each member hears of it when it hears of it."""
        members = [
            name
            for name, worker in self.workers.items()
            if worker.process.is_alive and name not in self.suspected
        ]
        self.generation += 1
        self.assignment = {name: set() for name in self.assignment}
        for partition in range(self.shape.partitions):
            if members:
                self.assignment[self.dice.random.choice(members)].add(partition)
        self.tell(f"generation {self.generation}: {self.assignment}")
        for name in members:
            worker = self.workers[name]
            worker.process.spawn(self._deliver_assignment(name, worker))

    async def _deliver_assignment(self, name: str, worker: ChargingWorker) -> None:
        await asyncio.sleep(self.dice.between(0, 0.4))
        await worker.process.pass_gate()
        if name not in self.suspected:
            await worker.assigned(set(self.assignment[name]), self.generation)

    # Processes that come and go

    def _start_mediator(self) -> None:
        self.mediator = self.cast.mediator(
            self.broker,
            self.dice,
            Process("mediator", self._failed),
            usage=self.shape.usage,
            partitions=self.shape.partitions,
        )

    def _start_keeper(self) -> None:
        process = Process("keeper", self._failed)
        self.keeper = Keeper(self.broker, self.dice, process, self.shape.partitions)

    def _start_sink(self) -> None:
        process = Process("sink", self._failed)
        self.sink = self.cast.sink(
            self.broker, self.dice, process, self.warehouse, self.shape.partitions
        )

    async def _kill_and_freeze(self) -> None:
        """Strike at random moments; bring back what died."""
        loop = asyncio.get_running_loop()
        tick = 0.25
        while loop.time() < LOAD_S + 5:
            await asyncio.sleep(tick)
            for name, worker in list(self.workers.items()):
                process = worker.process
                if process.is_alive and self.dice.happens(self.rates.kill * tick * 10):
                    self.tell(f"{name} killed")
                    process.kill()
                if not process.is_alive:
                    self._bring_back(name)
                elif not process.is_frozen and self.dice.happens(self.rates.freeze * tick * 10):
                    self._begin(self._freeze(name, process))
            for process, start in (
                (self.mediator.process, self._start_mediator),
                (self.keeper.process, self._start_keeper),
                (self.sink.process, self._start_sink),
            ):
                if self.dice.happens(self.rates.kill * tick * 10):
                    self.tell(f"{process.name} killed")
                    process.kill()
                    start()

    def _bring_back(self, name: str) -> None:
        """A new process of this name finds the disk as the crash left it."""
        if self.workers[name].process.is_alive:
            return
        for (owner, partition), platter in self.fleet.platters.items():
            if owner == name:
                self.tell(f"{name}: disk {partition} {platter.crash(self.dice, self.rates)}")
        self._start_worker(name)
        self.suspected.discard(name)
        self._rebalance()

    async def _freeze(self, name: str, process: Process) -> None:
        """Stop a worker; long enough, and the group gives its partitions away."""
        seconds = self.dice.between(0.5, 2.5 * SESSION_S)
        self.tell(f"{name} frozen for {seconds:.1f}")
        process.freeze()
        await asyncio.sleep(min(seconds, SESSION_S))
        is_same = self.workers[name].process is process
        if seconds > SESSION_S and is_same and not self.is_calm:
            self.suspected.add(name)
            self._rebalance()
            await asyncio.sleep(seconds - SESSION_S)
        process.thaw()
        self.tell(f"{name} thawed")
        # For a while it believes in its old assignment.
        await asyncio.sleep(self.dice.between(0.2, 2))
        if name in self.suspected and self.workers[name].process is process:
            self.suspected.discard(name)
            self._rebalance()

    async def _trim(self) -> None:
        """Forget the ledger below a snapshot, when everything that reads it is past."""
        while asyncio.get_running_loop().time() < LOAD_S:
            await asyncio.sleep(2)
            for partition, shelf in self.fleet.shelves.items():
                if shelf.offsets and self.dice.happens(self.rates.trim):
                    self.tell(f"ledger[{partition}] trimmed to {max(shelf.offsets)}")
                    self.broker.trim(("ledger", partition), max(shelf.offsets))


def run_world(world: World) -> World:
    """Run it to its end on a loop of its own."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(world.run())
    finally:
        loop.close()
    return world
