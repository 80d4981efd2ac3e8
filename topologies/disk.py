"""The owner's disk: RocksDB through rocksdict in raw mode, tuned for small steps and many ids.

What stands here can be rebuilt from the ledger, so a database that cannot be read is not repaired:
it is wiped, at once where opening fails, at the next opening where a read fails.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from rocksdict import (
    BlockBasedOptions,
    Cache,
    Checkpoint,
    DbClosedError,
    DBCompressionType,
    Options,
    WriteBatch,
    WriteBufferManager,
)

from connectors.errors import ConnectorError, Corrupted, Unavailable
from connectors.rocks import open_or_wipe
from topologies.overlay import Ranges

_log = structlog.get_logger()

MIB: Final = 1024 * 1024
BLOOM_BITS: Final = 10
"""Bits a key: one look-up in a hundred reads a block for nothing."""


class DiskMemory:
    """Memory that all databases of one process share: block cache and unwritten tables.

    A worker may own any number of partitions; without a common bound each would take its own.
    """

    def __init__(self, *, cache_bytes: int = 128 * MIB, unwritten_bytes: int = 96 * MIB) -> None:
        self.cache = Cache(cache_bytes)
        self.unwritten = WriteBufferManager(unwritten_bytes, False)


def disk_options(memory: DiskMemory) -> Any:
    """How a database of ours is laid out, on disk and in memory."""
    blocks = BlockBasedOptions()
    blocks.set_bloom_filter(BLOOM_BITS, False)
    blocks.set_block_cache(memory.cache)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(16 * MIB)
    options.set_write_buffer_manager(memory.unwritten)
    # A new record id is looked up in the unwritten table first; its own filter halves the cost.
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.1)
    options.set_allow_concurrent_memtable_write(False)
    options.set_keep_log_file_num(2)
    options.set_max_open_files(256)
    return options


class RocksDisk:
    """A folder with one RocksDB. Raises Unavailable where another process holds it.

    A read or write that fails raises Corrupted and leaves a mark beside the folder, by which the
    next opening wipes it.
    """

    def __init__(self, path: Path, memory: DiskMemory | None = None) -> None:
        self._path = path
        self._memory = memory or DiskMemory()
        self._mark = path.with_name(path.name + ".spoiled")
        if self._mark.exists():
            self._remove("marked as spoiled")
        self._db = self._open()

    def _open(self) -> Any:
        def wiped(why: str) -> None:
            _log.warning("state wiped", path=str(self._path), why=why)

        return open_or_wipe(self._path, lambda: disk_options(self._memory), wiped)

    def _remove(self, why: str) -> None:
        _log.warning("state wiped", path=str(self._path), why=why)
        shutil.rmtree(self._path, ignore_errors=True)
        self._mark.unlink(missing_ok=True)

    def _spoiled(self, error: Exception) -> ConnectorError:
        if isinstance(error, DbClosedError):
            return Unavailable(f"{self._path}: closed")
        if "No space left" in str(error):
            return Unavailable(f"{self._path}: disk full: {error}")
        self._mark.touch()
        return Corrupted(f"{self._path}: {error}")

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:
            raise self._spoiled(error) from error
        return value

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """The values, None where absent."""
        try:
            values: list[bytes | None] = self._db.get(keys)
        except Exception as error:
            raise self._spoiled(error) from error
        return values

    def items(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All keys `start <= key < end`, in order."""
        for key, value in self._db.items(from_key=start):
            if key >= end:
                return
            yield key, value

    def write(self, ranges: Ranges, changes: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Delete the ranges, then put or delete the keys, all or nothing."""
        batch = WriteBatch(raw_mode=True)
        for start, end in ranges:
            batch.delete_range(start, end)
        put = batch.put
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                put(key, value)
        try:
            self._db.write(batch)
        except Exception as error:
            raise self._spoiled(error) from error

    def wipe(self) -> None:
        """Begin again with nothing."""
        self._db.close()
        self._remove("no longer part of the ledger")
        self._db = self._open()

    def replace(self, copy: Path) -> None:
        """Begin again with the contents of a checkpoint."""
        self._db.close()
        self._remove("a snapshot takes its place")
        shutil.copytree(copy, self._path)
        self._db = self._open()

    def checkpoint(self, path: Path) -> None:
        """Make a consistent copy at `path`, which must not exist."""
        try:
            Checkpoint(self._db).create_checkpoint(str(path))
        except Exception as error:
            raise Unavailable(f"{self._path}: no checkpoint at {path}: {error}") from error

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()
