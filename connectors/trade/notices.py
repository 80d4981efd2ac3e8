"""What sessions are told, on its way to those who hold them: topic `session-commands` → the doors.

A door names itself in `gateway` of its requests, with what it needs to find the session's holder
again. So nothing is kept here, and any process of the doors may carry any notice. A notice that
cannot be brought is let go after some attempts: the holder's next report finds out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import structlog
from starlette.concurrency import run_in_threadpool

from connectors.errors import ConnectorError, Refused
from connectors.kafka.avro import AvroCodec
from connectors.kafka.client import error_of, new_consumer, take
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from streams.model.session_command import SessionCommand

GROUP: Final = "trade-doors"
BATCH: Final = 100
TURN_S: Final = 0.5
AGAIN_S: Final = 2.0
ATTEMPTS: Final = 3
_log: Any = structlog.get_logger()

Bring = Callable[[SessionCommand, str], Awaitable[bool]]
"""Brings a notice to the holder that the place names; False: not now."""


def gateway_of(door: str, place: str) -> str:
    """What a door names itself by; empty where the place is too long to be kept."""
    name = f"{door}:{place}"
    return name if place and len(name) <= 256 else ""


class Notices:
    """Carries notices by the doors that are open."""

    def __init__(
        self, settings: KafkaSettings, codec: AvroCodec, doors: Mapping[str, Bring]
    ) -> None:
        self._settings = settings
        self._topic = f"{settings.prefix}{Topic.SESSION_COMMANDS}"
        self._codec = codec
        self._doors = doors

    async def carry(self) -> None:
        """Until it is cancelled. What one process has carried another does not carry again."""
        consumer: Any = await run_in_threadpool(self._open)
        try:
            while True:
                for batch in await run_in_threadpool(self._read, consumer):
                    await self.bring_all(batch)
        finally:
            await run_in_threadpool(consumer.close)

    async def bring_all(self, commands: Iterable[SessionCommand]) -> None:
        """Those of one session in their order, those of several beside each other."""
        by_session: dict[tuple[str, str], list[SessionCommand]] = {}
        for command in commands:
            by_session.setdefault((command.tenant, command.session), []).append(command)
        await asyncio.gather(*map(self._bring_each, by_session.values()))

    async def _bring_each(self, commands: list[SessionCommand]) -> None:
        for command in commands:
            await self.bring(command)

    async def bring(self, command: SessionCommand) -> None:
        """One notice, if a door of ours holds its session."""
        door, _, place = command.gateway.partition(":")
        bring = self._doors.get(door)
        if bring is None:
            return
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(attempt)
            if await bring(command, place):
                return
        _log.warning("notice not brought", session=command.session, action=command.action)

    def _open(self) -> Any:
        consumer = new_consumer(
            self._settings,
            {
                "group.id": f"{self._settings.prefix}{GROUP}",
                "isolation.level": "read_committed",
                "auto.offset.reset": "latest",
                "enable.auto.commit": True,
                "fetch.wait.max.ms": 20,
            },
        )
        consumer.subscribe([self._topic])
        return consumer

    def _read(self, consumer: Any) -> list[list[SessionCommand]]:
        """What has come, as one batch; none where nothing has."""
        found: list[SessionCommand] = []
        for message in take(consumer, BATCH, TURN_S):
            error = message.error()
            if error is not None:
                _log.warning("no notices", problem=str(error_of(error, self._topic)))
                continue
            try:
                found.append(self._codec.decode(Topic.SESSION_COMMANDS, message.value()))
            except Refused as problem:
                _log.warning("no notice", problem=str(problem))
        return [found] if found else []


async def carry_on(notices: Notices) -> None:
    """Carry notices; begin again where the broker was away."""
    while True:
        try:
            await notices.carry()
        except ConnectorError as error:
            _log.warning("unavailable", error=str(error))
            await asyncio.sleep(AGAIN_S)
