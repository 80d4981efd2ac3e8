"""What runs beside the requests: what found no owner is told again, what owners tell is heard."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog

from connectors.client.aio import AsyncClient
from connectors.client.slices import SlicedHold
from connectors.errors import Refused, Unavailable

EVERY_S: Final = 2.0
_log: Any = structlog.get_logger()


@asynccontextmanager
async def in_touch(client: AsyncClient, running: Mapping[str, SlicedHold]) -> AsyncIterator[None]:
    """Tell what the journal keeps and hear what sessions are told, for as long as this is open."""
    tasks = [asyncio.create_task(_settle(client)), asyncio.create_task(_listen(client, running))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _settle(client: AsyncClient) -> None:
    while True:
        if len(client.desk.journal):
            with suppress(Unavailable):  # it stays in the journal
                await client.settle()
        await asyncio.sleep(EVERY_S)


async def _listen(client: AsyncClient, running: Mapping[str, SlicedHold]) -> None:
    """Whatever a session is told, its stream asks before it goes on: the owner then says how."""
    try:
        async for command in client.commands():
            hold = running.get(command.session)
            if hold is not None:
                hold.ask_anew()
    except Refused as error:
        _log.warning("what sessions are told cannot be heard", error=str(error))
