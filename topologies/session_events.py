"""What sessions are told, for whoever follows it: out of the owners' states, as soon as it stands.

A stream is a place in the lists that owners keep, so it needs no queue: who reads slowly, or comes
back, goes on from his place.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final, NamedTuple

from connectors.clock import now
from connectors.online.events import (
    HEARTBEAT,
    Places,
    command_event,
    gap_event,
    place_event,
)
from streams.model.instant import SECOND, Instant
from streams.model.session_command import NumberedCommand, SessionCommand
from streams.session.signals import commands_from, next_number
from topologies import metrics
from topologies.owner import PartitionOwner

HEARTBEAT_S: Final = 15.0
"""A stream on which nothing happens says so this often."""
STREAMS_MAX: Final = 512
"""Streams of one worker at most."""
AT_ONCE: Final = 100
_SLACK: Final[Instant] = 60 * SECOND
"""Of a partition that comes here later, what was told so long before one began to follow counts."""


class Wanted(NamedTuple):
    """Whose commands are followed; an empty word is any."""

    tenant: str
    gateway: str = ""
    account: str = ""

    def fits(self, command: SessionCommand) -> bool:
        """True where the command is one of these."""
        return (
            command.tenant == self.tenant
            and self.gateway in ("", command.gateway)
            and self.account in ("", command.account)
        )


class SessionEvents:
    """The streams of one worker. `owners` is live."""

    def __init__(self, owners: Mapping[int, PartitionOwner]) -> None:
        self._owners = owners
        self._waiting: set[asyncio.Event] = set()
        self._is_closing = False

    @property
    def streams(self) -> int:
        """How many follow."""
        return len(self._waiting)

    def wake(self, told: Sequence[SessionCommand] = ()) -> None:
        """Something new was told: all look."""
        for command in told:
            metrics.SESSION_COMMANDS.labels(command.action, command.cause).inc()
        for event in self._waiting:
            event.set()

    def close(self) -> None:
        """End all streams: who follows asks again, elsewhere."""
        self._is_closing = True
        self.wake()

    async def follow(self, wanted: Wanted, places: Places) -> AsyncGenerator[bytes, None]:
        """The commands from these places on, or from now on where there are none; for ever."""
        fresh, began = asyncio.Event(), now()
        self._waiting.add(fresh)
        metrics.STREAMS.set(len(self._waiting))
        try:
            if not places:
                places = {
                    partition: next_number(owner.look())
                    for partition, owner in self._owners.items()
                    if owner.is_open
                }
            yield place_event(places)
            while not self._is_closing:
                fresh.clear()
                told = list(self._told(wanted, places, began))
                for chunk in told:
                    yield chunk
                if not told and not await _is_set(fresh, HEARTBEAT_S):
                    yield HEARTBEAT
        finally:
            self._waiting.discard(fresh)
            metrics.STREAMS.set(len(self._waiting))

    def _told(self, wanted: Wanted, places: Places, began: Instant) -> list[bytes]:
        """What is new in each partition, some of it at a time; `places` goes on."""
        chunks: list[bytes] = []
        for partition, owner in list(self._owners.items()):
            if not owner.is_open:
                continue
            since = began - _SLACK if partition not in places else None
            first = places.get(partition, 0)
            state = owner.look()
            found = commands_from(first, state, AT_ONCE)
            if since is None and found and found[0].number > first:
                chunks.append(gap_event(places))
            chunks += self._chunks(found, wanted, places, partition=partition, since=since)
            places.setdefault(partition, next_number(state))
        return chunks

    def _chunks(
        self,
        found: list[NumberedCommand],
        wanted: Wanted,
        places: Places,
        *,
        partition: int,
        since: Instant | None,
    ) -> list[bytes]:
        chunks: list[bytes] = []
        for each in found:
            places[partition] = each.number + 1
            command = each.command
            if wanted.fits(command) and (since is None or command.occurred_at >= since):
                chunks.append(command_event(command, places))
        if len(found) == AT_ONCE and not chunks:
            chunks.append(place_event(places))
        return chunks


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
