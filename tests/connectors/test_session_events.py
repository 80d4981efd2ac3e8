"""The gateway's stream of session commands: those of all workers, each once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from connectors.api.session_events import MergedEvents, events_of


class Doors:
    """Workers whose streams are written by the test; None ends one."""

    def __init__(self, *names: str) -> None:
        self.lines: dict[str, asyncio.Queue[str | None]] = {name: asyncio.Queue() for name in names}
        self.asked: list[tuple[str, str]] = []

    async def addresses(self) -> list[str]:
        return [*self.lines]

    async def stream(self, address: str, path: str, headers: dict[str, str]) -> AsyncIterator[str]:
        self.asked.append((address, headers.get("Last-Event-ID", "")))
        while True:
            line = await self.lines[address].get()
            if line is None:
                raise httpx.ReadError("gone")
            yield line

    def forget(self) -> None:
        """Nobody remembers anything."""

    def tell(self, address: str, place: str, name: str = "", data: str = "{}") -> None:
        lines = [f"id: {place}", *([f"event: {name}", f"data: {data}"] if name else []), ""]
        for line in lines:
            self.lines[address].put_nowait(line)


def merged(doors: Doors, places: dict[int, int] | None = None) -> Any:
    return MergedEvents(doors, "/x", {"authorization": "k"}, places or {})  # type: ignore[arg-type]


async def take(chunks: Any) -> str:
    async with asyncio.timeout(5):
        chunk: bytes = await anext(chunks)
    return chunk.decode()


def test_streams_of_several_workers_are_one_with_a_place_in_all() -> None:
    async def run() -> None:
        doors = Doors("a", "b")
        chunks = merged(doors).chunks()
        doors.tell("a", "0:5")
        assert await take(chunks) == "id: 0:5\n\n"
        doors.tell("b", "1:9")
        assert await take(chunks) == "id: 0:5,1:9\n\n"
        doors.tell("a", "0:6", "session-command", '{"x":1}')
        assert await take(chunks) == 'id: 0:6,1:9\nevent: session-command\ndata: {"x":1}\n\n'
        await chunks.aclose()

    asyncio.run(run())


def test_what_two_workers_tell_of_one_partition_comes_once() -> None:
    async def run() -> None:
        doors = Doors("a", "b")
        chunks = merged(doors, {0: 5}).chunks()
        doors.tell("a", "0:6", "session-command", '"one"')
        assert '"one"' in await take(chunks)
        doors.tell("b", "0:6", "session-command", '"one"')
        doors.tell("b", "0:7", "session-command", '"two"')
        assert '"two"' in await take(chunks)
        # A gap moves no place, and is told all the same.
        doors.tell("b", "0:7", "gap")
        assert "gap" in await take(chunks)
        await chunks.aclose()

    asyncio.run(run())


def test_a_worker_that_goes_away_is_asked_again_from_the_last_place() -> None:
    async def run() -> None:
        doors = Doors("a")
        chunks = merged(doors).chunks()
        doors.tell("a", "0:6", "session-command")
        await take(chunks)
        doors.lines["a"].put_nowait(None)
        doors.tell("a", "0:7", "session-command")
        assert (await take(chunks)).startswith("id: 0:7\n")
        assert doors.asked == [("a", ""), ("a", "0:6")]
        await chunks.aclose()

    asyncio.run(run())


def test_comments_are_no_events() -> None:
    async def lines() -> AsyncIterator[str]:
        for line in (": still here", "", "id: 0:1", "", "", "event: gap", "data: {}", ""):
            yield line

    async def run() -> list[dict[str, str]]:
        return [fields async for fields in events_of(lines())]

    assert asyncio.run(run()) == [{"id": "0:1"}, {"event": "gap", "data": "{}"}]
