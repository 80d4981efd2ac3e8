"""A charging worker whose core only remembers ids; run as a process by the tests.

python -m tests.topologies.toy_charging BOOTSTRAP PREFIX FOLDER WORKER
"""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from streams.model.command import Command
from streams.model.rated import RecordVerdict
from streams.model.usage import SourcePosition, UsageRecord
from streams.record_ids import mark_of
from streams.state import Effects, RecordState, State, Table, record_id_key
from topologies.charging import ChargingStage
from topologies.process import run_stages
from topologies.settings import Settings


class ToyCore:
    """Ends every record as ignored, once."""

    def reads_of(self, records: Sequence[UsageRecord]) -> Sequence[tuple[Table, Collection[bytes]]]:
        ids = [record_id_key(each.occurred_at, each.record_id) for each in records]
        return ((Table.RECORD_IDS, ids),)

    def settle(self, state: State, effects: Effects) -> None:
        """Charges are counted at once."""

    def charge_record(
        self, record: UsageRecord, *, position: SourcePosition, state: State, effects: Effects
    ) -> None:
        key = record_id_key(record.occurred_at, record.record_id)
        if state.get(Table.RECORD_IDS, key) is None:
            state.put(Table.RECORD_IDS, key, mark_of(RecordState.IGNORED, position))
            effects.verdicts.append(RecordVerdict("ignored", "", "", "", "", position, record))

    def apply_command(self, command: Command, *, state: State, effects: Effects) -> None:
        pass

    def missing_version(self, item: Any, state: State) -> str | None:
        return None


class ToyChargingStage(ChargingStage):
    def new_core(self, partition: int) -> ToyCore:
        return ToyCore()


def main() -> None:
    bootstrap, prefix, folder, worker = sys.argv[1:]
    settings = Settings(
        data=Path(folder),
        kafka_bootstrap=bootstrap,
        kafka_prefix=prefix,
        partitions=4,
        worker=worker,
    )
    run_stages(settings, [ToyChargingStage])


if __name__ == "__main__":
    main()
