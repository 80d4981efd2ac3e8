"""One partition for measurements of online charging: a core, a disk, and a ledger that is none."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from connectors.clock import now
from connectors.kafka.codec import encode_value
from infra.bench.asking import CATALOG, accounts_of
from infra.bench.world import CATALOGS
from streams.charge import Charging
from streams.model.charging_session import AnswerCode, ChargingRequest
from streams.model.command import ActivateCatalog, Tick
from streams.model.instant import BEGINNING
from streams.state import Effects
from topologies.disk import RocksDisk
from topologies.overlay import Overlay
from topologies.position import Position
from topologies.reject_limit import RejectGauge, RejectLimit
from topologies.state import Store
from topologies.step import StepComputer, StepHead

_OWNER = b"bench..."
_HEAD = StepHead(-1, _OWNER, 1, "bench", 0)


class SessionWorld:
    """The accounts of a partition in a store of its own. `serve` is what its owner does."""

    def __init__(self, folder: Path, accounts: int) -> None:
        plan = compile_plan(load_catalog(CATALOGS / CATALOG))
        self.tenant = plan.tenant
        self.core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
        folder.mkdir(parents=True)
        self.store = Store(RocksDisk(folder / "state"))
        self._computer = StepComputer(self.core, self.store, RejectGauge(RejectLimit()))
        overlay, effects = Overlay(self.store), Effects()
        for command in (
            ActivateCatalog("activate", self.tenant, plan.version, BEGINNING),
            Tick("tick", now()),
            *accounts_of(self.tenant, accounts),
        ):
            self.core.apply_command(command, state=overlay, effects=effects)
        self.core.settle(overlay, effects)
        delta = overlay.delta(encode_value)
        self.store.write(delta, overlay.dropped(), self.store.position, overlay.values)

    def serve(self, requests: Sequence[ChargingRequest]) -> int:
        """Answer these by one ledger record, and take that in; its bytes."""
        written = self.store.position.written
        step, answers = self._computer.compute_requests(requests, _HEAD, written)
        assert step is not None
        for answer in answers:
            assert not isinstance(answer, Exception), answer
            assert answer.code == AnswerCode.SUCCESS, answer
        record = step.record
        position = Position(record.written, -1, _OWNER, value=step.value)
        self.store.write(record.delta, record.dropped, position, step.overlay.values)
        return len(step.value)

    def close(self) -> None:
        """Let go of the disk."""
        self.store.close()


class PromptLedger:
    """Acknowledges every record in the next round of the loop, and keeps the last alone."""

    def __init__(self) -> None:
        self._end = 0
        self._last = b""

    async def append(self, value: bytes) -> int:
        """Its offset."""
        await asyncio.sleep(0)
        self._last = value
        self._end += 1
        return self._end - 1

    async def bounds(self) -> tuple[int, int]:
        """Where it begins, and the next offset."""
        return 0, self._end

    async def read(self, first: int, last: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        """The last record, which is all that an owner asks for as it opens."""
        assert first == last == self._end - 1
        yield [(last, self._last)]
