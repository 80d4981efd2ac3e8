"""A caller's line to a door: it opens a session, goes on, and ends it, one request at a time."""

import asyncio
from typing import Final, Protocol

from infra.bench.doorway import Doorway

BEGIN, GO_ON, END = "begin", "go on", "end"
STEPS: Final = (BEGIN, GO_ON, END)
SECONDS: Final = 60
"""What each request asks for, of a call; each but the first has used what was granted before."""
CALLED: Final = "41791234567"


def subscriber_of(number: int) -> str:
    """The service id of the `number`-th caller's account: E.164 digits."""
    return f"4178{number:07d}"


class Line(Protocol):
    """One caller's."""

    @property
    def verbs(self) -> dict[str, str]:
        """What the door calls each step; a step that it has no word for is missing."""

    async def open(self) -> None:
        """Connect."""

    async def ask(self, step: str, session: str) -> None:
        """Ask, and wait for the answer. Raises AssertionError where it is no grant."""

    async def close(self) -> None:
        """Hang up."""


class PlainLine:
    """A worker's own door."""

    verbs: Final = {BEGIN: "reserve", GO_ON: "extend", END: "confirm"}

    def __init__(self, door: Doorway, number: int) -> None:
        self._door = door
        self._subscriber = subscriber_of(number)

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(*self._door.place)

    async def ask(self, step: str, session: str) -> None:
        """Ask by JSON."""
        units = b"" if step == BEGIN else b',"used":{"s":%d}' % SECONDS
        units += b"" if step == END else b',"requested":{"s":%d}' % SECONDS
        service = b'{"usage_type":"voice_call","attributes":{"called":"%s"}%s}'
        body = b'{"service_id":"%s","sequence":%d,"services":[%s]}' % (
            self._subscriber.encode(),
            STEPS.index(step) + 1,
            service % (CALLED.encode(), units),
        )
        head = (
            f"POST /v1/tenants/{self._door.tenant}/sessions/{session}/{self.verbs[step]} HTTP/1.1"
            f"\r\nhost: x\r\nauthorization: Bearer {self._door.key}"
            f"\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        told = await self._reader.readuntil(b"\r\n\r\n")
        length = int(told.partition(b"content-length: ")[2].partition(b"\r")[0])
        answer = await self._reader.readexactly(length)
        assert told[9:12] == b"200", answer

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
