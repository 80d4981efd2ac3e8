"""A worker whose agent only writes down what it was given; run as a process by the tests.

    python -m tests.topologies.toy_worker BOOTSTRAP PREFIX FOLDER BEHAVIOUR

Lines of FOLDER/seen.log: partition, first offset, last offset, number of records, what was done.
BEHAVIOUR: `ack` acknowledges each batch; `slow` does so after 50 ms; `hold` takes batches without
acknowledging until FOLDER/release exists; `raise@N` raises on the batch that holds offset N.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from topologies.app import build_app
from topologies.process import run_stages
from topologies.settings import Settings
from topologies.stage import WorkerParts


class ToyStage:
    name = "toy"
    behaviour = "ack"
    folder = Path()

    def __init__(self, parts: WorkerParts) -> None:
        self._log = os.open(self.folder / "seen.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._topic = f"{parts.kafka.prefix}usage"
        self._held: list[Any] = []
        self.app = build_app(self.name, parts, records_max=100)
        take = self.take

        @self.app.agent(self.app.topic(self._topic), isolated_partitions=True, name="toy")
        async def toy(stream: Any) -> None:
            async for event in stream.events():
                await take(event.message)

    async def take(self, message: Any) -> None:
        batch = message.value
        raising = int(self.behaviour.partition("@")[2] or -1)
        if batch.first_offset <= raising <= batch.last_offset:
            raise RuntimeError(f"offset {raising}")
        if self.behaviour == "slow":
            await asyncio.sleep(0.05)
        first = batch.records[0]
        self._write(batch, f"{first.timestamp} {first.headers!r} {first.value!r}")
        if self.behaviour == "hold" and not (self.folder / "release").exists():
            self._held.append(message)
            return
        self.app.consumer.acknowledge(message)

    def _write(self, batch: Any, what: str) -> None:
        line = f"{batch.partition} {batch.first_offset} {batch.last_offset} {len(batch)} {what}\n"
        os.write(self._log, line.encode())

    address = ""

    def partitions(self) -> Mapping[int, int]:
        return {}

    def active_versions(self) -> tuple[str, ...]:
        return ()

    def observe(self) -> None:
        if self._held and (self.folder / "release").exists():
            for message in self._held:
                self.app.consumer.acknowledge(message)
            self._held.clear()

    async def open(self) -> None:
        pass

    async def drain(self) -> None:
        pass

    async def close(self) -> None:
        os.close(self._log)


def main() -> None:
    bootstrap, prefix, folder, behaviour = sys.argv[1:]
    ToyStage.behaviour, ToyStage.folder = behaviour, Path(folder)
    settings = Settings(
        data=Path(folder), kafka_bootstrap=bootstrap, kafka_prefix=prefix, partitions=4
    )
    run_stages(settings, [ToyStage])


if __name__ == "__main__":
    main()
