"""Replays a whole ledger into empty tables, as a worker does that has lost its disk.

A program of its own (`python -m infra.bench.replaying`), so that it can be pinned to one core.
Prints one JSON line; `events` are the record ids that the tables hold at the end.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from connectors.kafka.ledger import LedgerReader
from connectors.settings import KafkaSettings
from infra.bench.floor import Stretch
from streams.state import Table
from topologies.disk import DiskMemory, RocksDisk
from topologies.recovery import replay
from topologies.state import Store


def measure(settings: KafkaSettings, folder: Path) -> Stretch:
    """Replay every partition, one after the other, into new tables below `folder`."""
    reader, memory = LedgerReader(settings), DiskMemory()
    bounds = {number: reader.bounds(number) for number in range(settings.partitions)}
    wall, cpu = time.perf_counter(), time.process_time()
    stores = []
    for number, (first, end) in bounds.items():
        store = Store(RocksDisk(folder / str(number), memory))
        replay(store, reader.read(number, first, end - 1))
        stores.append(store)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    rows = sum(1 for store in stores for _ in store.items(Table.RECORD_IDS))
    for store in stores:
        store.close()
    reader.close()
    return Stretch(rows, *spent)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    wanted = parser.parse_args(argv)
    gc.set_threshold(200_000, 20, 50)
    settings = KafkaSettings(
        bootstrap=wanted.bootstrap, prefix=wanted.prefix, partitions=wanted.partitions
    )
    json.dump(measure(settings, wanted.directory).__dict__, sys.stdout)


if __name__ == "__main__":
    main()
