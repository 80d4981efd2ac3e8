"""Tables that hold millions of record ids before anything is measured, as after days of usage.

The ids are written as sorted files, one a partition, which RocksDB takes in whole: a worker finds
them as if it had charged their records on the days before.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

from rocksdict import Rdict, SstFileWriter

from connectors.kafka.codec import encode_value
from infra.bench.site import Site
from streams.model.instant import DAY
from streams.model.usage import SourcePosition
from streams.record_ids import mark_of
from streams.state import RecordState, Table, record_id_key
from topologies.disk import DiskMemory, disk_options

LONG = 50_000_000
DAYS = 6
"""Days before today that the ids are of: within every source's window."""
_ID_BYTES = 16
_TOPIC_ID = "A" * 22


def preload_ids(site: Site, count: int) -> None:
    """Put `count` ids into the tables of the site's worker, which must not run."""
    partitions = site.kafka.partitions
    folder = site.settings.data / "workers" / site.settings.worker / "charging"
    today = time.time_ns() // 1000 // DAY
    with ProcessPoolExecutor() as pool:
        for done in [
            pool.submit(_ingest, folder / str(partition), count // partitions, today)
            for partition in range(partitions)
        ]:
            done.result()


def _ingest(folder: Path, count: int, today: int) -> None:
    """The tables stand already: a worker has made them when it took the accounts in."""
    made = folder.with_name(f"{folder.name}.ids.sst")
    options = disk_options(DiskMemory())
    writer = SstFileWriter(options=options)
    writer.open(str(made))
    for key, value in _marks(count, today):
        writer[key] = value
    writer.finish()
    with closing(Rdict(str(folder), options=options)) as tables:
        tables.ingest_external_file([str(made)])
    made.unlink()


def _marks(count: int, today: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of charged records in the order of their keys, evenly spread ids."""
    table = bytes([Table.RECORD_IDS])
    a_day = count // DAYS
    stride = 2 ** (8 * _ID_BYTES // 2) // max(a_day, 1)
    value = encode_value(mark_of(RecordState.CHARGED, SourcePosition(_TOPIC_ID, 0, 123_456_789, 0)))
    for day in range(today - DAYS, today):
        prefix = table + record_id_key(day * DAY, b"")
        for number in range(a_day):
            yield prefix + (number * stride).to_bytes(8, "big") + os.urandom(8), value
