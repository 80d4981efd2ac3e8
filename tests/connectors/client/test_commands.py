"""What sessions are told reaches the gateway that holds them, over breaks too."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from connectors.api.keys import KeyStore, Scope
from connectors.client.aio import AsyncClient
from connectors.client.commands import Commanded
from connectors.client.words import Service
from connectors.errors import Refused
from tests.connectors.client.shop import Shop

ONE = Service(usage_type="api_call", requested={"requests": 1})


def client(shop: Shop, key: str = "", **options: Any) -> AsyncClient:
    return AsyncClient(
        shop.address, tenant=shop.tenant, key=key or shop.key, options=shop.options(**options)
    )


async def heard(told: list[Commanded], count: int) -> list[Commanded]:
    async with asyncio.timeout(20):
        while len(told) < count:
            await asyncio.sleep(0.01)
    return told


async def followed(shop: Shop) -> None:
    async with asyncio.timeout(20):
        while not shop.streams:
            await asyncio.sleep(0.01)


def test_a_gateway_hears_what_its_sessions_are_told(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    told: list[Commanded] = []

    async def main() -> None:
        async with client(shop, gateway="edge") as here, client(shop, gateway="other") as other:
            mine, its = here.session("key-ada", session="mine"), other.session("key-ada")
            await mine.reserve(ONE)
            await its.reserve(ONE)

            async def listen() -> None:
                async for command in here.commands():
                    told.append(command)

            listening = asyncio.create_task(listen())
            await followed(shop)
            await asyncio.to_thread(shop.signal, "ada", "throttle", value="5/s", reason="slow")
            (first,) = await heard(told, 1)
            assert (first.session, first.action, first.value) == ("mine", "throttle", "5/s")
            assert (first.reason, first.cause, first.account) == ("slow", "operator", "ada")
            await asyncio.to_thread(shop.close_streams)
            await asyncio.to_thread(shop.signal, "ada", "terminate")
            _, second = await heard(told, 2)
            assert (second.session, second.action) == ("mine", "terminate")
            answer = await mine.extend(ONE)
            assert (answer.status, answer.code, answer.is_granted) == (410, "terminated", False)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(main())


def test_a_key_that_does_not_reach_is_told_so(shop: Shop, tmp_path: Any) -> None:
    _, key = KeyStore(tmp_path).create(name="x", scope=Scope.READ, tenant="elsewhere", at=0)

    async def main() -> None:
        async with client(shop, key) as here:
            with pytest.raises(Refused, match="403"):
                async for _ in here.commands():
                    pass

    asyncio.run(main())
