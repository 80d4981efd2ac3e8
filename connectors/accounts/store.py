"""The directory's own store: packed facts by key, and the position in topic `accounts`.

A cache in RocksDB: what it holds can be read from the topic again, so anything doubtful is wiped.
"""

import shutil
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from connectors.rocks import open_or_wipe

_log = structlog.get_logger()

POSITION_KEY: Final = b"\0position"
_POSITION: Final = struct.Struct(">q")
_MIB: Final = 1024 * 1024


class FactStore:
    """Facts by key. `position` is the offset of the last fact applied, -1 for none.

    `origin` names the topic (its Kafka id): a store filled from another topic is thrown away.
    Raises Unavailable where another process has the folder open.
    """

    def __init__(self, path: Path, *, origin: str) -> None:
        self._path = path
        self._origin = origin.encode()
        self._database = self._open()
        found = self._database.get(POSITION_KEY)
        if found is not None and found[_POSITION.size :] != self._origin:
            self.wipe()
            found = None
        self.position: int = -1 if found is None else _POSITION.unpack_from(found)[0]

    def get_many(self, keys: list[bytes]) -> Sequence[bytes | None]:
        """The packed facts, None where there is none."""
        found: Sequence[bytes | None] = self._database.get(keys)
        return found

    def items(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """All facts whose key begins with `prefix`."""
        found = []
        for key, value in self._database.items(from_key=prefix):
            if not key.startswith(prefix):
                break
            found.append((key, value))
        return found

    def write(self, changes: Sequence[tuple[bytes, bytes | None]], position: int) -> None:
        """Put or delete facts and note the position, all or nothing."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(POSITION_KEY, _POSITION.pack(position) + self._origin)
        self._database.write(batch)
        self.position = position

    def wipe(self) -> None:
        """Begin again with nothing."""
        self._database.close()
        shutil.rmtree(self._path, ignore_errors=True)
        self._database = self._open()
        self.position = -1

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def _open(self) -> Rdict:
        def wiped(why: str) -> None:
            _log.warning("accounts wiped", path=str(self._path), why=why)

        return open_or_wipe(self._path, _options, wiped)


def _options() -> Options:
    blocks = BlockBasedOptions()
    blocks.set_bloom_filter(10, False)
    blocks.set_block_cache(Cache(32 * _MIB))
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(16 * _MIB)
    options.set_max_open_files(128)
    options.set_keep_log_file_num(2)
    return options
