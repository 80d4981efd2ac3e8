"""Whatever becomes of the local state, the next opening has the ledger's."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import Corrupted, Unavailable
from streams.state import Table
from tests.topologies.owner_parts import (
    MemoryLedger,
    OwnerWorld,
    offered,
    usage,
    usage_message,
)
from topologies.disk import RocksDisk
from topologies.snapshot import SnapshotShelf
from topologies.state import Store

TOTAL = Table.COUNTERS, b"phone"


async def _charge(path: Path, ledger: MemoryLedger, first: int, count: int) -> object:
    """Open the state at `path`, charge some records one a message, close; the total."""
    store = Store(RocksDisk(path))
    world = OwnerWorld(store, ledger)
    await world.start()
    position = world.owner.position()
    assert position == first
    for number in range(position, position + count):
        await world.take(offered(number, usage_message(usage(number))))
    total = store.get(*TOTAL)
    await world.stop()
    return total


def _delete(path: Path, older: Path) -> None:
    shutil.rmtree(path)


def _replace_by_older(path: Path, older: Path) -> None:
    shutil.rmtree(path)
    shutil.copytree(older, path)


def _delete_current(path: Path, older: Path) -> None:
    (path / "CURRENT").unlink()


def _garble(path: Path, older: Path) -> None:
    for file in path.iterdir():
        if file.suffix in (".log", ".sst") or file.name.startswith("MANIFEST"):
            file.write_bytes(b"garbage" * 100)


def _take_other_history(path: Path, older: Path) -> None:
    """A state that another ledger led to, at an offset that this one has too."""

    async def other() -> None:
        await _charge(path, MemoryLedger(), 0, 3)

    shutil.rmtree(path)
    asyncio.run(other())


def _run_ahead(path: Path, older: Path) -> None:
    """A state that goes beyond the ledger's end."""

    async def other() -> None:
        await _charge(path, MemoryLedger(), 0, 12)

    shutil.rmtree(path)
    asyncio.run(other())


@pytest.mark.parametrize(
    "spoil",
    [_delete, _replace_by_older, _delete_current, _garble, _take_other_history, _run_ahead],
)
def test_a_spoiled_state_is_rebuilt(tmp_path: Path, spoil: Callable[[Path, Path], None]) -> None:
    path, older, ledger = tmp_path / "state", tmp_path / "older", MemoryLedger()
    asyncio.run(_charge(path, ledger, 0, 3))
    shutil.copytree(path, older)
    asyncio.run(_charge(path, ledger, 3, 3))
    spoil(path, older)
    assert asyncio.run(_charge(path, ledger, 6, 1)) == 7


def test_a_read_that_fails_wipes_the_state_at_the_next_opening(tmp_path: Path) -> None:
    path, ledger = tmp_path / "state", MemoryLedger()
    asyncio.run(_charge(path, ledger, 0, 3))
    (tmp_path / "state.spoiled").touch()
    assert Store(RocksDisk(path)).position.offset == -1


def test_a_state_that_another_process_has_open_is_left_alone(tmp_path: Path) -> None:
    disk = RocksDisk(tmp_path / "state")
    disk.write((), [(b"\1key", b"value")])
    with pytest.raises(Unavailable, match="another process"):
        RocksDisk(tmp_path / "state")
    assert disk.get(b"\1key") == b"value"


def test_a_trimmed_ledger_without_a_snapshot_stops_the_owner(tmp_path: Path) -> None:
    path, ledger = tmp_path / "state", MemoryLedger()
    asyncio.run(_charge(path, ledger, 0, 3))
    shutil.rmtree(path)
    ledger.first = 2
    with pytest.raises(Corrupted, match="begins at 2, wanted 0"):
        asyncio.run(OwnerWorld(Store(RocksDisk(path)), ledger).owner.run())


def test_a_trimmed_ledger_goes_on_from_a_snapshot(tmp_path: Path) -> None:
    path, ledger = tmp_path / "state", MemoryLedger()
    shelf = SnapshotShelf(tmp_path / "snapshots", 0)

    async def snapshot_then_more() -> None:
        store = Store(RocksDisk(path))
        world = OwnerWorld(store, ledger, shelf=shelf, snapshot_s=0.0)
        await world.start()
        for number in range(6):
            await world.take(offered(number, usage_message(usage(number))))
        await world.stop()

    asyncio.run(snapshot_then_more())
    (_, manifest) = shelf.newest() or pytest.fail("no snapshot")
    shutil.rmtree(path)
    ledger.first = manifest.ledger_offset

    async def again() -> object:
        store = Store(RocksDisk(path))
        world = OwnerWorld(store, ledger, shelf=shelf)
        await world.start()
        total = store.get(*TOTAL)
        await world.stop()
        return total

    assert asyncio.run(again()) == 6


def test_an_unsound_snapshot_is_passed_over(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots", 0)
    path, ledger = tmp_path / "state", MemoryLedger()
    asyncio.run(_charge(path, ledger, 0, 1))
    store = Store(RocksDisk(path))
    first = shelf.take(store)
    store.close()
    asyncio.run(_charge(path, ledger, 1, 1))
    store = Store(RocksDisk(path))
    second = shelf.take(store)
    store.close()
    table = next((second / "state").glob("*.sst"))
    table.write_bytes(b"other" + table.read_bytes()[5:])
    with pytest.raises(Corrupted, match=r"differs in .*sst"):
        shelf.verify(second)
    found = shelf.newest()
    assert found is not None
    assert found[0] == first


def test_old_snapshots_are_dropped_and_drafts_are_no_snapshots(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots", 0)
    path, ledger = tmp_path / "state", MemoryLedger()
    for number in range(4):
        asyncio.run(_charge(path, ledger, number, 1))
        store = Store(RocksDisk(path))
        shelf.take(store)
        store.close()
    (tmp_path / "snapshots" / "draft-99").mkdir()
    assert len(shelf.folders()) == 2
