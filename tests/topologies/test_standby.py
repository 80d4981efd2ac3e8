"""A standby has what the owner has written, and hands it over at the record it has come to."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from streams.state import Table
from tests.topologies.owner_parts import MemoryLedger, OwnerWorld, offered, usage, usage_message
from topologies.disk import RocksDisk
from topologies.ports import OwnerOptions
from topologies.standby import Standby
from topologies.state import Store


class CountingLedger(MemoryLedger):
    """Knows from where it was read, and how often it was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.read_from: list[int] = []
        self.looked = 0

    async def bounds(self) -> tuple[int, int]:
        self.looked += 1
        return await super().bounds()

    def read(self, first: int, last: int) -> Any:
        self.read_from.append(first)
        return super().read(first, last)


async def inline(function: Any, *arguments: Any) -> Any:
    return function(*arguments)


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def total(store: Store) -> object:
    return store.get(Table.COUNTERS, b"phone")


def test_its_state_is_that_of_the_owner_and_is_taken_over(tmp_path: Path) -> None:
    async def scene() -> None:
        ledger = CountingLedger()
        owner = OwnerWorld(Store(RocksDisk(tmp_path / "owner")), ledger)
        await owner.start()
        await owner.take(offered(0, usage_message(usage(1, units=3))))

        standby = Standby(
            0, Store(RocksDisk(tmp_path / "standby")), ledger, OwnerOptions(in_thread=inline)
        )
        following = asyncio.create_task(standby.run())
        await until(lambda: standby.is_current)
        await owner.take(offered(1, usage_message(usage(2, units=4))))
        await owner.owner.close()

        store = await standby.release()
        await following
        position = store.position.offset
        ledger.read_from.clear()
        heir = OwnerWorld(store, ledger)
        await heir.start()
        assert position > 0
        assert min(ledger.read_from) >= position
        await heir.take(offered(2, usage_message(usage(2, units=4), usage(3))))
        assert total(store) == 8
        await heir.owner.close()

    asyncio.run(scene())


def test_a_ledger_that_cannot_be_read_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topologies.standby.AGAIN_S", 0.01)

    async def scene() -> None:
        ledger = CountingLedger()
        ledger.first, ledger.values = 3, [b"", b"", b""]
        standby = Standby(
            0, Store(RocksDisk(tmp_path / "standby")), ledger, OwnerOptions(in_thread=inline)
        )
        following = asyncio.create_task(standby.run())
        await until(lambda: ledger.looked >= 3)
        assert not standby.is_current
        ledger.first, ledger.values = 0, []
        await until(lambda: standby.is_current)
        store = await standby.release()
        await following
        store.close()

    asyncio.run(scene())
