"""Snapshots: whole copies of a partition's state, each with the ledger position it stands at.

A copy is a RocksDB checkpoint, so its files are consistent with the position inside it. A manifest
names every file with its digest; a copy that does not match is passed over.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog

from connectors.errors import Corrupted
from topologies.position import Position
from topologies.state import Store

MANIFEST: Final = "manifest.json"
STATE: Final = "state"
KEPT: Final = 2
"""Snapshots that stay: the newest, and one more should it turn out unreadable."""

_log = structlog.get_logger()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot claims: partition, last valid ledger record, and its files' digests."""

    partition: int
    ledger_offset: int
    ledger_digest: str
    written: tuple[int, int]
    files: dict[str, str]


class Draft(NamedTuple):
    """A copy that is not yet checked and named."""

    folder: Path
    position: Position


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: _digest(path) for path in sorted(folder.iterdir()) if path.is_file()}


class SnapshotShelf:
    """The snapshots of one partition: `<folder>/<ledger offset>/{manifest.json,state/}`."""

    def __init__(self, folder: Path, partition: int) -> None:
        self._folder = folder
        self._partition = partition

    def take(self, store: Store) -> Path:
        """Begin and finish in one go; the new folder."""
        return self.finish(self.begin(store))

    def begin(self, store: Store) -> Draft:
        """Copy the store as it stands; no step may be applied meanwhile. Quick: files are linked.

        Whatever dies before `finish` leaves a folder without its final name, which nobody reads.
        """
        position = store.position
        folder = self._folder / f"draft-{position.offset}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        store.checkpoint(folder / STATE)
        return Draft(folder, position)

    def finish(self, draft: Draft) -> Path:
        """Name every file with its digest and give the copy its name. Reads all of it."""
        folder, position = draft
        final = self._folder / f"{position.offset:020d}"
        (folder / MANIFEST).write_bytes(msgspec.json.encode(self._manifest(position, folder)))
        shutil.rmtree(final, ignore_errors=True)
        folder.rename(final)
        self._drop_old()
        _log.info("snapshot taken", partition=self._partition, ledger=position.offset)
        return final

    def _manifest(self, position: Position, draft: Path) -> Manifest:
        return Manifest(
            partition=self._partition,
            ledger_offset=position.offset,
            ledger_digest=position.digest.hex(),
            written=position.written,
            files=_digests(draft / STATE),
        )

    def _drop_old(self) -> None:
        for old in self.folders()[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def folders(self) -> list[Path]:
        """Finished snapshots, oldest first."""
        if not self._folder.exists():
            return []
        return sorted(path for path in self._folder.iterdir() if path.name.isdigit())

    def verify(self, snapshot: Path) -> Manifest:
        """The manifest of a sound snapshot. Raises Corrupted, naming what differs."""
        try:
            manifest = msgspec.json.decode((snapshot / MANIFEST).read_bytes(), type=Manifest)
            found = _digests(snapshot / STATE)
        except (OSError, msgspec.MsgspecError) as error:
            raise Corrupted(f"snapshot {snapshot}: {error}") from error
        if manifest.partition != self._partition:
            raise Corrupted(f"snapshot {snapshot}: of partition {manifest.partition}")
        if found != manifest.files:
            differing = sorted(
                name
                for name in found.keys() | manifest.files.keys()
                if found.get(name) != manifest.files.get(name)
            )
            raise Corrupted(f"snapshot {snapshot}: differs in {', '.join(differing)}")
        return manifest

    def newest(self) -> tuple[Path, Manifest] | None:
        """The newest sound snapshot; unsound ones are told and passed over."""
        for snapshot in reversed(self.folders()):
            try:
                return snapshot, self.verify(snapshot)
            except Corrupted as error:
                _log.warning("snapshot passed over", why=str(error))
        return None

    def restore(self, store: Store) -> bool:
        """Load the newest sound snapshot into the store; False where there is none.

        Raises Corrupted where the copy inside stands elsewhere than its manifest says.
        """
        newest = self.newest()
        if newest is None:
            return False
        snapshot, manifest = newest
        store.restore(snapshot / STATE)
        if store.position.offset != manifest.ledger_offset:
            raise Corrupted(f"snapshot {snapshot}: its state stands at {store.position.offset}")
        _log.info("snapshot restored", partition=self._partition, ledger=manifest.ledger_offset)
        return True
