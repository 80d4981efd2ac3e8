"""What found no owner is told again and again, until one has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from connectors.client.aio import AsyncClient
from connectors.errors import Unavailable

EVERY_S: Final = 2.0


@asynccontextmanager
async def settle_again_and_again(client: AsyncClient) -> AsyncIterator[None]:
    """Tell what the client's journal keeps, for as long as this is open."""
    settling = asyncio.create_task(_settle(client))
    try:
        yield
    finally:
        settling.cancel()
        with suppress(asyncio.CancelledError):
            await settling


async def _settle(client: AsyncClient) -> None:
    while True:
        if len(client.desk.journal):
            with suppress(Unavailable):  # it stays in the journal
                await client.settle()
        await asyncio.sleep(EVERY_S)
