"""What sessions are told, for whoever follows it: out of the owners' states, as soon as it stands.

A stream is a place in the lists that owners keep, so it needs no queue: who reads slowly, or comes
back, goes on from his place.
"""

import asyncio
from collections import Counter
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
from streams.model.instant import BEGINNING, SECOND, Instant
from streams.model.session_command import NumberedCommand, SessionCommand
from streams.session.signals import commands_from, next_number
from topologies import metrics
from topologies.owner import PartitionOwner

LOOK_S: Final = 1.0
"""Partitions that have come here are noticed within this."""
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


_Seen = tuple[PartitionOwner, int]
"""An owner, and how often something had been told there."""


class SessionEvents:
    """The streams of one worker. `owners` is live."""

    def __init__(self, owners: Mapping[int, PartitionOwner]) -> None:
        self._owners = owners
        self._waiting: set[asyncio.Event] = set()
        self._heads: Counter[int] = Counter()
        self._last: dict[int, tuple[_Seen, int, list[NumberedCommand]]] = {}
        self._is_closing = False

    @property
    def streams(self) -> int:
        """How many follow."""
        return len(self._waiting)

    def wake(self, partition: int, told: Sequence[SessionCommand] = ()) -> None:
        """Something new was told in a partition: all look."""
        for command in told:
            metrics.SESSION_COMMANDS.labels(command.action, command.cause).inc()
        self._heads[partition] += 1
        for event in self._waiting:
            event.set()

    def close(self) -> None:
        """End all streams: who follows asks again, elsewhere."""
        self._is_closing = True
        for event in self._waiting:
            event.set()

    async def follow(self, wanted: Wanted, places: Places) -> AsyncGenerator[bytes, None]:
        """The commands from these places on, or from now on where there are none; for ever."""
        fresh, follower = asyncio.Event(), _Follower(wanted, places, now())
        self._waiting.add(fresh)
        metrics.STREAMS.set(len(self._waiting))
        silent_s = 0.0
        try:
            if not places:
                for partition, owner in self._owners.items():
                    if owner.is_open:
                        places[partition] = next_number(owner.look())
            yield place_event(places)
            while not self._is_closing:
                fresh.clear()
                told = self._told(follower)
                for chunk in told:
                    yield chunk
                silent_s = 0.0 if told else silent_s
                if told or await _is_set(fresh, LOOK_S):
                    continue
                silent_s += LOOK_S
                if silent_s >= HEARTBEAT_S:
                    silent_s = 0.0
                    yield HEARTBEAT
        finally:
            self._waiting.discard(fresh)
            metrics.STREAMS.set(len(self._waiting))

    def _told(self, follower: "_Follower") -> list[bytes]:
        """What is new in each partition, some of it at a time; the follower's places go on."""
        chunks: list[bytes] = []
        for partition, owner in list(self._owners.items()):
            seen = (owner, self._heads[partition])
            if not owner.is_open or follower.seen.get(partition) == seen:
                continue
            found = self._new(partition, seen, follower.places.get(partition, 0))
            chunks += follower.take(partition, found, next_number(owner.look()))
            if len(found) < AT_ONCE:
                follower.seen[partition] = seen
        return chunks

    def _new(self, partition: int, seen: "_Seen", first: int) -> list[NumberedCommand]:
        """The commands from a number on; those who follow at the same place share one look."""
        last = self._last.get(partition)
        if last is not None and last[:2] == (seen, first):
            return last[2]
        found = commands_from(first, seen[0].look(), AT_ONCE)
        self._last[partition] = (seen, first, found)
        return found


class _Follower:
    """Where one stream is."""

    def __init__(self, wanted: Wanted, places: Places, began: Instant) -> None:
        self.places = places
        self.seen: dict[int, _Seen] = {}
        self._wanted = wanted
        self._began = began

    def take(self, partition: int, found: list[NumberedCommand], end: int) -> list[bytes]:
        """What is told of these commands, before `end`, which are the next of a partition."""
        chunks: list[bytes] = []
        first, places = self.places.get(partition), self.places
        places[partition] = max(first or 0, found[-1].number + 1 if found else end)
        reached = found[0].number if found else end
        if first is not None and reached > first:
            chunks.append(gap_event({**places, partition: reached}))
        since = BEGINNING if first is not None else self._began - _SLACK
        for each in found:
            command = each.command
            if self._wanted.fits(command) and command.occurred_at >= since:
                place = {**places, partition: each.number + 1}
                chunks.append(command_event(command, place))
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
