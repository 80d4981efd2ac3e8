"""Middleware that meters the requests of any ASGI application.

What a request may use is held before the application hears of it, and what it used is confirmed
when it is over, whoever ended it.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from connectors.client.aio import AsyncClient
from connectors.client.dialogue import Dialogue
from connectors.client.words import Answer, Service, Units
from connectors.errors import ConnectorError, Refused, Unavailable

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

VALID_FOR_S: Final = 600
_log = logging.getLogger(__name__)


@dataclass
class Exchange:
    """What became of one request, for counting. `is_whole`: the answer was sent to its end."""

    scope: Scope
    status: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    is_whole: bool = False


def one_request(exchange: Exchange) -> Units:
    """A request counts as one, unless the application failed or never answered."""
    return {"requests": 1} if 0 < exchange.status < 500 else {}


@dataclass(frozen=True, kw_only=True)
class Meter:
    """What is metered, and how. `service_of` None: the request is none of ours to meter.

    `requested` is held before the request; `used` counts it afterwards, and may be more.
    """

    service_of: Callable[[Scope], str | None]
    usage_type: str = "api_call"
    requested: Units = field(default_factory=lambda: {"requests": 1})
    used: Callable[[Exchange], Units] = one_request
    attributes: Callable[[Scope], Mapping[str, str]] = lambda _: {}


class Metering:
    """The middleware. Refusals are problem documents: 402 for money or quota, 429 for rate only.

    Without an answer it is 503, unless a rule of the client says otherwise.
    """

    def __init__(self, application: Application, *, client: AsyncClient, meter: Meter) -> None:
        self._application = application
        self._client = client
        self._meter = meter
        self._settling: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold, serve, confirm."""
        service_id = self._meter.service_of(scope) if scope["type"] == "http" else None
        if service_id is None:
            await self._application(scope, receive, send)
            return
        dialogue = self._dialogue(service_id)
        attributes = dict(self._meter.attributes(scope))
        refusal = await self._refusal(dialogue, attributes)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        exchange = Exchange(scope)
        try:
            await self._application(scope, _counted(receive, exchange), _noted(send, exchange))
        finally:
            await self._settle(dialogue, attributes, exchange)

    def _dialogue(self, service_id: str) -> Dialogue:
        session = self._client.session(service_id, valid_for=VALID_FOR_S)
        return session.dialogue

    async def _refusal(
        self, dialogue: Dialogue, attributes: Mapping[str, str]
    ) -> tuple[HTTPStatus, str, Mapping[str, str]] | None:
        """Why the request must not be served; None where it may."""
        meter = self._meter
        service = Service(
            usage_type=meter.usage_type,
            requested=meter.requested,
            attributes=attributes,
            whole=True,
        )
        try:
            answer = await self._client.drive(dialogue.ask("reserve", [service]))
        except Unavailable as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"retry-after": "1"}
        except Refused as error:
            return HTTPStatus.BAD_GATEWAY, str(error), {}
        return None if answer.is_granted else _told(answer)

    async def _settle(
        self, dialogue: Dialogue, attributes: Mapping[str, str], exchange: Exchange
    ) -> None:
        """Even if whoever serves the request is cancelled meanwhile."""
        task = asyncio.create_task(self._confirm(dialogue, attributes, exchange))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        await asyncio.shield(task)

    async def _confirm(
        self, dialogue: Dialogue, attributes: Mapping[str, str], exchange: Exchange
    ) -> None:
        used = {unit: count for unit, count in self._meter.used(exchange).items() if count}
        service = Service(usage_type=self._meter.usage_type, used=used, attributes=attributes)
        try:
            await self._client.drive(dialogue.ask("confirm", [service] if used else []))
        except ConnectorError as error:
            _log.error("use of session %s is not settled: %s: %s", dialogue.session, used, error)


def _told(answer: Answer) -> tuple[HTTPStatus, str, Mapping[str, str]]:
    detail = answer.detail or str(answer.told.get("title", "")) or answer.code
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return HTTPStatus.TOO_MANY_REQUESTS, detail, {"retry-after": str(answer.retry_after or 1)}
    if answer.status == HTTPStatus.PAYMENT_REQUIRED:
        return HTTPStatus.PAYMENT_REQUIRED, detail, {}
    return HTTPStatus.FORBIDDEN, detail, {}


async def _refuse(send: Send, status: HTTPStatus, detail: str, more: Mapping[str, str]) -> None:
    document = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    content = json.dumps({**document, "detail": detail}).encode()
    headers = {
        "content-type": "application/problem+json",
        "content-length": str(len(content)),
        **more,
    }
    packed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(status), "headers": packed})
    await send({"type": "http.response.body", "body": content})


def _counted(receive: Receive, exchange: Exchange) -> Receive:
    async def counted() -> Message:
        message = await receive()
        exchange.received_bytes += len(message.get("body", b""))
        return message

    return counted


def _noted(send: Send, exchange: Exchange) -> Send:
    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        exchange.sent_bytes += len(message.get("body", b""))
        await send(message)
        if message["type"] == "http.response.body":
            exchange.is_whole = not message.get("more_body", False)

    return noted
