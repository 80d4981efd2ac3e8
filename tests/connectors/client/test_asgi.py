"""The middleware around small applications, against the real door."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.client.aio import AsyncClient
from connectors.client.asgi import Application, Exchange, Message, Meter, Metering, Scope
from connectors.client.offline import SETTLE_LATER
from connectors.client.words import Units
from tests.connectors.client.shop import Shop

Serving = Callable[[Scope, Any, Any], Awaitable[None]]


async def served(_: Scope, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for more in (True, True, False):
        await send({"type": "http.response.body", "body": b"x" * 10, "more_body": more})


async def broken(_: Scope, receive: Any, send: Any) -> None:
    raise RuntimeError("the application's own mistake")


async def endless(_: Scope, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 10, "more_body": True})
        await asyncio.sleep(0.001)


def by_bytes(exchange: Exchange) -> Units:
    return {"requests": exchange.sent_bytes // 10}


def service_of(scope: Scope) -> str | None:
    return dict(scope["headers"]).get(b"x-service", b"").decode() or None


def asked(
    shop: Shop, application: Application, *, leave_after: int = 10**6, **meter: Any
) -> tuple[int, int, dict[bytes, bytes]]:
    """Status, bytes and headers of one request; the caller may leave before it is over."""
    service = meter.pop("service", b"key-ada")
    rules = {"api_call": SETTLE_LATER} if meter.pop("offline", False) else {}

    async def main() -> tuple[int, int, dict[bytes, bytes]]:
        got: list[Message] = []

        async def send(message: Message) -> None:
            if sum(len(each.get("body", b"")) for each in got) >= leave_after:
                raise OSError("the caller has gone")
            got.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async with AsyncClient(
            shop.address, tenant=shop.tenant, key=shop.key, options=shop.options(rules=rules)
        ) as client:
            metering = Metering(
                application, client=client, meter=Meter(service_of=service_of, **meter)
            )
            scope = {"type": "http", "headers": [(b"x-service", service)]}
            try:
                await metering(scope, receive, send)
            except OSError:
                assert leave_after < 10**6
        start, *bodies = got
        size = sum(len(each["body"]) for each in bodies)
        return start["status"], size, dict(start["headers"])

    return asyncio.run(main())


def test_a_request_is_held_and_confirmed(shop: Shop) -> None:
    shop.account("ada", Decimal("0.02"))
    assert asked(shop, served)[:2] == (200, 30)
    assert (shop.used("requests"), shop.held("ada")) == (1, 0)
    assert asked(shop, served, used=by_bytes)[:2] == (200, 30)
    assert shop.used("requests") == 4  # what was used counts, beyond what was held too
    status, size, headers = asked(shop, served)
    assert (status, headers[b"content-type"]) == (402, b"application/problem+json")
    assert size == int(headers[b"content-length"])
    assert shop.used("requests") == 4


def test_what_is_not_metered_passes_and_who_is_not_known_does_not(shop: Shop) -> None:
    assert asked(shop, served, service=b"")[:2] == (200, 30)
    assert not shop.verbs
    shop.account("ada", Decimal(1))
    assert asked(shop, served, usage_type="teleport")[0] == 403


def test_an_application_that_fails_costs_nothing(shop: Shop) -> None:
    shop.account("ada", Decimal(1))
    with pytest.raises(RuntimeError, match="own mistake"):
        asked(shop, broken)
    assert (shop.used("requests"), shop.held("ada"), shop.verbs["confirm"]) == (0, 0, 1)


def test_whoever_leaves_pays_for_what_was_sent(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    status, size, _ = asked(shop, endless, leave_after=70, used=by_bytes)
    assert (status, size) == (200, 70)
    assert (shop.used("requests"), shop.held("ada")) in ((7, 0), (8, 0))


def test_without_an_answer_nothing_is_served_unless_a_rule_says_so(shop: Shop) -> None:
    shop.account("ada", Decimal(10))
    shop.is_away = True
    status, _, headers = asked(shop, served)
    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert asked(shop, served, offline=True)[0] == 200
