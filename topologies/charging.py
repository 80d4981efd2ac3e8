"""Agent CHARGING: batches of topic `charging` are offered to the owners of their partitions.

Which partitions are ours Faust says; whether they truly are the ledger says (`owner.py`). An owner
is kept over a rebalance when its partition stays: its state is open already, and it finds out by
its next append if somebody else has written meanwhile.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from faust.exceptions import NotReady, ProducerSendError
from faust.types import TP

from connectors.api.keys import KeyStore
from connectors.errors import Unavailable
from connectors.kafka.ledger import LedgerReader
from connectors.kafka.topics import Topic
from connectors.steps import passed
from streams.charge import Charging
from topologies import metrics
from topologies.app import build_app, check_exact_partitions, check_topics
from topologies.disk import DiskMemory, RocksDisk
from topologies.ledger_log import KafkaLedgerLog
from topologies.online import KEYS_TRUSTED_S, OnlineDoor
from topologies.owner import Core, OfferedBatch, OwnerOptions, PartitionOwner
from topologies.ports import LedgerLog
from topologies.process import run_stages
from topologies.settings import Settings
from topologies.snapshot import SnapshotShelf
from topologies.stage import WorkerParts
from topologies.standby import Standby
from topologies.state import Store, StoreOptions
from topologies.transport.stop import stop_failed

_log = structlog.get_logger()


class ChargingStage:
    """The agent and the partition owners of one worker."""

    name = "charging"

    def __init__(self, parts: WorkerParts) -> None:
        kafka = parts.kafka
        self._parts = parts
        self._topic = f"{kafka.prefix}{Topic.CHARGING}"
        money = [self._topic, f"{kafka.prefix}{Topic.LEDGER}"]
        check_topics(kafka, dict.fromkeys(money, 1))
        check_exact_partitions(kafka, money)
        self._reader = LedgerReader(kafka)
        self._memory = DiskMemory()
        self._share = StoreOptions()
        self._owners: dict[int, PartitionOwner] = {}
        self._standbys: dict[int, Standby] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()
        self._is_draining = False
        self.address = ""
        self._door = OnlineDoor(
            self._owners,
            KeyStore(parts.options.keys, trusted_s=KEYS_TRUSTED_S),
            partitions=kafka.partitions,
        )
        self.app = build_app(self.name, parts, records_max=parts.options.charging_messages_max)
        self._define_agent()

    def _define_agent(self) -> None:
        app = self.app
        app.on_partitions_assigned.connect(self._assigned)

        @app.agent(app.topic(self._topic), isolated_partitions=True, name="charging")  # type: ignore[untyped-decorator]
        async def charging(stream: Any) -> None:
            async for event in stream.events():
                await self.offer(event.message)

    def new_core(self, partition: int) -> Core:
        """The pure core that charges one partition."""
        parts = self._parts
        return Charging(
            plans=parts.library.plans, partitions=parts.kafka.partitions, partition=partition
        )

    # What the agent does

    async def offer(self, message: Any) -> None:
        """Give a batch to its partition's owner, which tells the consumer what became of it."""
        batch = message.value
        if message.generation_id != self.app.consumer_generation_id or self._is_draining:
            self.app.consumer.drop(message)
            return
        metrics.OFFERED.inc(len(batch))
        owner = self._owners.get(batch.partition) or await self._opened(batch.partition)
        if message.generation_id != self.app.consumer_generation_id:
            self.app.consumer.drop(message)
            return
        owner.offer(
            OfferedBatch(
                batch.partition, batch.offsets(), batch.values(), batch.generation, message
            )
        )

    # Source, as the owners know it

    def acknowledge(self, batch: OfferedBatch) -> None:
        """All of the batch is in the ledger."""
        self.app.consumer.acknowledge(batch.token)

    def drop(self, batch: OfferedBatch) -> None:
        """Nobody will acknowledge this delivery."""
        self.app.consumer.drop(batch.token)

    async def rewind(self, partition: int, offset: int) -> None:
        """Fetch the partition again from `offset`, if it is still ours."""
        place = TP(self._topic, partition)
        if place in self.app.consumer.assignment():
            await self.app.consumer.reset_partition(place, offset)

    # Owners

    async def _assigned(self, _app: Any, assigned: set[TP], **_: Any) -> None:
        metrics.REBALANCES.labels("charging").inc()
        ours = {place.partition for place in assigned if place.topic == self._topic}
        # Stores that are open already keep the share they have.
        partitions = range(self._parts.kafka.partitions)
        others = {*partitions} - ours if self._parts.options.standbys else set[int]()
        self._share = StoreOptions.for_one_of(len(ours | others))
        async with self._changing:
            gone = [partition for partition in self._owners if partition not in ours]
            await asyncio.gather(*(self._close_owner(partition) for partition in gone))
            for partition in ours:
                owner = self._owners.get(partition) or await self._open(partition)
                owner.generation = self.app.consumer_generation_id
            for partition in others - self._standbys.keys():
                self._follow(partition)

    async def _opened(self, partition: int) -> PartitionOwner:
        """The owner of a partition that a batch has come from before its assignment was told."""
        async with self._changing:
            return self._owners.get(partition) or await self._open(partition)

    async def _open(self, partition: int) -> PartitionOwner:
        standby = self._standbys.pop(partition, None)
        store = self._new_store(partition) if standby is None else await standby.release()
        owner = PartitionOwner(
            partition,
            core=self.new_core(partition),
            store=store,
            log=self._ledger_of(partition),
            source=_PartitionSource(self, partition),
            outbox_send=self._send_command,
            options=self._options_of(partition),
        )
        owner.generation = self.app.consumer_generation_id
        owner.signalled = partial(self._door.wake, partition)
        self._owners[partition] = owner
        self._tasks[partition] = self._start(owner.run(), f"owner-{partition}")
        return owner

    def _follow(self, partition: int) -> None:
        """Keep a partition that is another's warm."""
        standby = Standby(
            partition,
            self._new_store(partition),
            self._ledger_of(partition),
            self._options_of(partition),
        )
        self._standbys[partition] = standby
        self._tasks[partition] = self._start(standby.run(), f"standby-{partition}")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._task_ended)
        return task

    def _new_store(self, partition: int) -> Store:
        folder = self._parts.folder / "charging" / f"{partition}"
        return Store(RocksDisk(folder, self._memory), self._share)

    def _ledger_of(self, partition: int) -> LedgerLog:
        return KafkaLedgerLog(
            partition,
            producer=self.app.producer,
            reader=self._reader,
            settings=self._parts.kafka,
        )

    def _options_of(self, partition: int) -> OwnerOptions:
        parts = self._parts
        return OwnerOptions(
            engine=parts.engine,
            watch=passed,
            turns=parts.turns,
            shelf=SnapshotShelf(parts.folder / "snapshots" / f"{partition}", partition),
        )

    def _task_ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("partition failed", task=task.get_name(), cause=repr(error))
            self._ending = asyncio.ensure_future(stop_failed(self.app, error))

    async def _send_command(self, partition: int, value: bytes) -> None:
        try:
            await self.app.producer.send_and_wait(self._topic, None, value, partition, None, None)
        except (KafkaError, NotReady, ProducerSendError) as error:
            raise Unavailable(f"{self._topic}[{partition}]: {error!r}") from error

    async def _close_owner(self, partition: int) -> None:
        owner = self._owners.pop(partition)
        await owner.close()
        task = self._tasks.pop(partition)
        if not task.done():
            task.cancel()

    def _position_of(self, place: TP) -> int | None:
        owner = self._owners.get(place.partition)
        return owner.position() if owner is not None and owner.is_open else None

    # Stage, as the worker knows it

    def partitions(self) -> Mapping[int, int]:
        """The partitions that are open, with the ledger offset each was opened at."""
        return {
            partition: owner.opened_at for partition, owner in self._owners.items() if owner.is_open
        }

    def active_versions(self) -> tuple[str, ...]:
        """None: owners learn of activations in the order of their inputs."""
        return ()

    def observe(self) -> None:
        """Gauges of ownership and lag."""
        metrics.OWNED.set(sum(owner.is_open for owner in self._owners.values()))
        metrics.STANDBYS.set(sum(standby.is_current for standby in self._standbys.values()))
        metrics.observe_lag(self.app.consumer)

    async def open(self) -> None:
        """Prepare the consumer; catalogs are compiled before any partition opens."""
        consumer = self.app.consumer
        consumer.position_of = self._position_of
        consumer.on_trimmed = metrics.count_trimmed
        options = self._parts.options
        if options.online_port is not None:
            self.address = await self._door.open(options.online_host, options.online_port)

    async def drain(self) -> None:
        """Let each owner finish its step; what waits behind it comes again."""
        self._is_draining = True
        async with self._changing:
            await asyncio.gather(*(self._close_owner(partition) for partition in [*self._owners]))
            for partition in [*self._standbys]:
                (await self._standbys.pop(partition).release()).close()

    async def close(self) -> None:
        """Let the door's callers and the ledger's clients go."""
        await self._door.close()
        self._reader.close()


class _PartitionSource:
    """The stage as one owner's source."""

    def __init__(self, stage: ChargingStage, partition: int) -> None:
        self._stage = stage
        self._partition = partition
        self.acknowledge = stage.acknowledge
        self.drop = stage.drop

    async def rewind(self, offset: int) -> None:
        """Deliver again from this offset."""
        await self._stage.rewind(self._partition, offset)


def run(settings: Settings) -> None:
    """Run a charging worker until SIGTERM. Raises what stopped it."""
    run_stages(settings, [ChargingStage])
