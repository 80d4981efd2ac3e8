"""The plain Faust way: a default agent, one event a message, a RocksDB Table, the same rating.

A program of its own (`python -m infra.bench.plain`), so that it can be pinned to one core. It runs
the same mediation and the same charging function as the engine, with balances and accumulators in
a Faust Table on RocksDB. What it leaves out is to its advantage: no record ids, no ledger, no
counter-accounts on disk. Prints one JSON line and ends by itself.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust

from connectors.kafka.codec import TABLE_DECODERS, encode_value
from connectors.kafka.topics import Topic
from infra.bench.floor import Stretch
from infra.bench.world import World, make_world
from streams.memory import MemoryState
from streams.model.instant import Instant
from streams.model.usage import SourcePosition
from streams.state import Effects, Table
from topologies.runner import SourceMessage

_IN_TABLE = frozenset({Table.BALANCES, Table.ACCUMULATORS})
_WARM_UP = 20


class PlainState(MemoryState):
    """Balances and accumulators in a Faust Table, the rest in memory, record ids nowhere."""

    def __init__(self, seed: MemoryState, table: faust.Table[bytes, bytes]) -> None:
        self.values = seed.values
        self._table = table

    def get(self, table: Table, key: bytes) -> Any:
        """The value, or None; out of the Faust Table where it has been put there."""
        if table == Table.RECORD_IDS:
            return None
        if table in _IN_TABLE:
            packed = self._table.get(bytes([table]) + key)
            if packed is not None:
                return TABLE_DECODERS[table](packed)
        return super().get(table, key)

    def put(self, table: Table, key: bytes, value: Any) -> None:
        """Set the value; into the Faust Table, which writes RocksDB and its changelog."""
        if table in _IN_TABLE:
            self._table[bytes([table]) + key] = encode_value(value)
        elif table != Table.RECORD_IDS:
            super().put(table, key, value)


class Plain:
    """Mediation and charging of one message at a time, counted and timed."""

    def __init__(self, world: World, *, events: int) -> None:
        self._world = world
        self._runner = world.runner()
        self._events = events
        self._done = 0
        self._charged = 0
        self._began = (0, 0.0, 0.0)

    def take(self, message: Any, state: PlainState) -> None:
        """Mediate and charge the records of one Kafka message; end the program after the last."""
        source = SourceMessage(
            offset=message.offset,
            timestamp=int(message.timestamp * 1_000_000),
            key=message.key,
            value=message.value,
            headers=_pairs(message.headers),
        )
        output = self._runner.run(
            [source], topic=Topic.USAGE, topic_id="plain", partition=message.partition
        )
        effects = Effects()
        for batches in output.batches.values():
            for batch in batches:
                for record in batch.records:
                    position = SourcePosition(
                        batch.topic_id, batch.partition, record.offset, record.index
                    )
                    self._world.charging.charge_record(
                        record, position=position, state=state, effects=effects
                    )
        self._world.charging.settle(state, effects)
        self._count(len(effects.rated))

    def _count(self, charged: int) -> None:
        self._done += 1
        self._charged += charged
        if self._done == self._events // _WARM_UP:
            self._began = (self._done, time.perf_counter(), time.process_time())
        if self._done == self._events:
            first, wall, cpu = self._began
            stretch = Stretch(
                self._done - first, time.perf_counter() - wall, time.process_time() - cpu
            )
            assert self._charged == self._done, (self._charged, self._done)
            result = json.dumps(stretch.__dict__)
            # Faust has put a logger in the place of stdout.
            os.write(1, f"\n{result}\n".encode())
            # A default Faust worker needs seconds to stop, and nothing is left to be saved.
            os._exit(0)


def _pairs(headers: Any) -> list[tuple[str, bytes]]:
    """Faust gives headers as a dict or as pairs."""
    return list(headers.items() if isinstance(headers, dict) else headers or ())


def make_app(*, bootstrap: str, name: str, directory: Path, partitions: int) -> faust.App:
    """A Faust app with its defaults, on RocksDB."""
    return faust.App(
        name,
        broker=f"kafka://{bootstrap}",
        store="rocksdb://?driver=rocksdict",
        datadir=str(directory),
        topic_partitions=partitions,
        value_serializer="raw",
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--start", type=int, required=True, help="microseconds since 1970 UTC")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--directory", type=Path, required=True)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    wanted = _arguments(argv)
    at: Instant = wanted.start
    world = make_world(accounts=wanted.accounts, at=at)
    app = make_app(
        bootstrap=wanted.bootstrap,
        name=f"plain-{wanted.source}",
        directory=wanted.directory,
        partitions=wanted.partitions,
    )
    table = app.Table("state", key_type=bytes, value_type=bytes, partitions=wanted.partitions)
    state = PlainState(world.state, table)
    plain = Plain(world, events=wanted.events)

    async def charge(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            plain.take(event.message, state)

    app.agent(app.topic(wanted.source, value_type=bytes, value_serializer="raw"))(charge)
    worker = faust.Worker(app, loglevel="WARN")
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
