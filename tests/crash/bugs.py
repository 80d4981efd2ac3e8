"""Four mistakes that somebody could make in good faith, planted in a process of the tests.

Nothing in the product knows of them: they are subclasses put in the place of the real ones in the
test's own program. The harness must find each of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.steps import passed
from streams.charge import Charging
from streams.model.usage import SourcePosition, UsageRecord
from streams.state import Effects, State
from tests.simulate.bugs import NoFencing, _ForgetfulState
from topologies import charging, mediation
from topologies.hold import Hold
from topologies.mediation import MediationStage
from topologies.owner import PartitionOwner
from topologies.step import Step


class CommitBeforeAck(MediationStage):
    """The source is acknowledged before what was made of it."""

    def _define_agent(self, topics: Sequence[str]) -> None:
        app = self.app
        app.on_partitions_assigned.connect(self._assigned)

        async def mediation(stream: Any) -> None:
            async for event in stream.events():
                app.consumer.acknowledge(event.message)
                # Long enough for the offset to be committed before the outputs leave.
                await app.consumer.commit()
                await self.mediate(event.value)

        app.agent(app.topic(*topics), isolated_partitions=True, name="mediation")(mediation)


class ForgetfulCharging(Charging):
    """Record ids are not looked for."""

    def charge_record(
        self, record: UsageRecord, *, position: SourcePosition, state: State, effects: Effects
    ) -> None:
        super().charge_record(
            record, position=position, state=_ForgetfulState(state), effects=effects
        )


class _EagerHold(Hold):
    """Tells the place between the state and the ledger, so that a test can strike there."""

    async def write(self, step: Step) -> bool:
        record, position = step.record, self._store.position
        self._store.write(record.delta, record.dropped, position, step.overlay.values)
        self._store.flush()
        passed("eager")
        return await super().write(step)


class ApplyBeforeAck(PartitionOwner):
    """The state takes a step that the ledger has not acknowledged."""

    hold_type = _EagerHold


def _commit_before_ack() -> None:
    mediation.MediationStage = CommitBeforeAck  # type: ignore[misc]


def _apply_before_ack() -> None:
    charging.PartitionOwner = ApplyBeforeAck  # type: ignore[misc]


def _no_fencing() -> None:
    charging.PartitionOwner = NoFencing  # type: ignore[misc]


def _no_dedupe() -> None:
    charging.Charging = ForgetfulCharging  # type: ignore[misc]


BUGS: Mapping[str, Callable[[], None]] = {
    "commit_before_ack": _commit_before_ack,
    "apply_before_ack": _apply_before_ack,
    "no_fencing": _no_fencing,
    "no_dedupe": _no_dedupe,
}


def plant(name: str) -> None:
    """Put the mistake into this process."""
    BUGS[name]()
