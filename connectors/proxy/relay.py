"""One request to a model: held before it goes, passed on while covered, settled in the end."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import httpx
import structlog
from starlette.requests import Request
from starlette.responses import Response

from connectors.client.aio import AsyncClient
from connectors.client.dialogue import Dialogue
from connectors.client.slices import SlicedHold, Slicing
from connectors.client.words import Answer
from connectors.errors import ConnectorError, Refused, Unavailable
from connectors.proxy.dialect import Body, Dialect
from connectors.proxy.pass_on import StreamPassed
from connectors.proxy.site import ProxySite
from connectors.proxy.tokens import Used, estimated, estimated_input, with_output
from streams.split.tokens import INPUT, OUTPUT

VALID_FOR_S: Final = 600
"""A stream that asks for nothing more in this time is taken for lost."""
BODY_BYTES_MAX: Final = 32 * 1024 * 1024
_HEADERS_PASSED: Final = ("openai-beta", "anthropic-version", "anthropic-beta", "user-agent")
_log: Any = structlog.get_logger()
_HEADERS_TOLD: Final = ("content-type", "x-request-id", "request-id", "retry-after")


@dataclass(frozen=True)
class Provider:
    """Where a provider's interface is, and the key of the proxy there."""

    url: str
    key: str


@dataclass
class Relay:
    """What all requests share."""

    site: ProxySite
    providers: Mapping[str, Provider]
    client: AsyncClient
    upstream: httpx.AsyncClient
    settling: set[asyncio.Task[None]] = field(default_factory=set)
    running: dict[str, SlicedHold] = field(default_factory=dict)
    """By session the holds of streams that run."""

    async def answer(self, request: Request, dialect: Dialect) -> Response:
        """The provider's answer, or why there is none, in the provider's own shape."""
        service_id = self.site.service_of(dialect.key_of(request.headers))
        if not service_id:
            return refusal(dialect, HTTPStatus.UNAUTHORIZED, "invalid_api_key", "Unknown API key.")
        body = await read_body(request)
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            what = f"A JSON object with a model is needed, of {BODY_BYTES_MAX} bytes at most."
            return refusal(dialect, HTTPStatus.BAD_REQUEST, "invalid_request", what)
        attributes = {"provider": dialect.provider, "model": body["model"]}
        for name, header in self.site.charging.attributes.items():
            attributes[name] = request.headers.get(header, "")
        hold = self._hold(service_id, attributes)
        exchange = Exchange(self, dialect, body, request.headers, hold)
        try:
            return await exchange.begin()
        except Unavailable:
            what = "Charging does not answer; try again."
            return refusal(dialect, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", what)
        except Refused as error:
            return refusal(dialect, HTTPStatus.BAD_GATEWAY, "charging_refused", str(error))

    async def settle(self, hold: SlicedHold, used: Used) -> None:
        """Charge what was used, even if whoever asked has gone."""
        task = asyncio.create_task(self._settle(hold, used))
        self.settling.add(task)
        task.add_done_callback(self.settling.discard)
        await asyncio.shield(task)

    async def _settle(self, hold: SlicedHold, used: Used) -> None:
        try:
            await self.client.drive(hold.settlement(used))
        except ConnectorError as error:
            _log.error("use is not settled", session=hold.session, used=used, error=str(error))

    def _hold(self, service_id: str, attributes: Mapping[str, str]) -> SlicedHold:
        charging = self.site.charging
        slicing = Slicing(
            usage_type=charging.usage_type,
            unit=OUTPUT,
            slice=charging.slice,
            attributes={name: value for name, value in attributes.items() if value},
        )
        name = str(uuid4())
        dialogue = Dialogue(self.client.desk, service_id, session=name, valid_for=VALID_FOR_S)
        return SlicedHold(dialogue, slicing)


@dataclass
class Exchange:
    """One request and its answer."""

    relay: Relay
    dialect: Dialect
    body: Body
    headers: Mapping[str, str]
    hold: SlicedHold

    async def begin(self) -> Response:
        """Hold, then ask the provider. Raises Unavailable, Refused."""
        is_stream = self.body.get("stream") is True
        charging, asked = self.relay.site.charging, self.dialect.limit_of(self.body)
        answers = self.dialect.answers_of(self.body)
        most = answers * (asked or charging.answer_tokens)
        if is_stream:
            most = min(charging.slice, most)
        input_tokens = estimated_input(self.body, self.dialect.inputs)
        held = await self.relay.client.drive(self.hold.opening({INPUT: input_tokens}, units=most))
        if not held.is_granted or not self.hold.granted:
            return self._refused(held)
        body = {**self.dialect.prepare(self.body), "model": self.hold.attributes["model"]}
        if not is_stream and self.hold.granted < most:
            body = self.dialect.limited(body, max(1, int(self.hold.granted) // answers))
        return await self._asked(body, input_tokens, is_stream=is_stream)

    def _refused(self, held: Answer) -> Response:
        status = HTTPStatus.PAYMENT_REQUIRED if held.is_granted else HTTPStatus(held.status)
        if status not in (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.TOO_MANY_REQUESTS):
            status = HTTPStatus.FORBIDDEN
        what = held.detail or str(held.told.get("title", "")) or "The budget is used up."
        code = "insufficient_quota" if status == HTTPStatus.PAYMENT_REQUIRED else held.code
        return refusal(self.dialect, status, code, what, retry_s=held.retry_after)

    async def _asked(self, body: Body, input_tokens: int, *, is_stream: bool) -> Response:
        provider = self.relay.providers[self.dialect.provider]
        request = self.relay.upstream.build_request(
            "POST", f"{provider.url}{self.dialect.path}", json=body, headers=self._headers(provider)
        )
        try:
            found = await self.relay.upstream.send(request, stream=True)
        except BaseException as error:
            await self.relay.settle(self.hold, {})
            if not isinstance(error, httpx.TransportError):
                raise
            what = "The provider does not answer."
            return refusal(self.dialect, HTTPStatus.BAD_GATEWAY, "provider_unavailable", what)
        if is_stream and found.status_code == HTTPStatus.OK:
            reader = self.dialect.reader(self.body, input_tokens)
            return StreamPassed(self.relay, self.hold, reader, found)
        return await self._whole(found, input_tokens)

    async def _whole(self, found: httpx.Response, input_tokens: int) -> Response:
        """An answer that is no stream: charged by its usage block, an error for nothing."""
        used: Used = {}
        try:
            content = await found.aread()
            if found.status_code == HTTPStatus.OK:
                used = self._used(content, input_tokens)
        except httpx.TransportError:
            what = "The provider's answer broke off."
            return refusal(self.dialect, HTTPStatus.BAD_GATEWAY, "provider_unavailable", what)
        finally:
            await found.aclose()
            await self.relay.settle(self.hold, used)
        return Response(content, found.status_code, headers=told(found.headers))

    def _used(self, content: bytes, input_tokens: int) -> Used:
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        known = self.dialect.used_of(answer) if isinstance(answer, dict) else None
        output = estimated(content.decode(errors="replace"))
        return known or with_output(None, input_tokens=input_tokens, output_tokens=output)

    def _headers(self, provider: Provider) -> dict[str, str]:
        headers = {name: self.headers[name] for name in _HEADERS_PASSED if name in self.headers}
        if not provider.key:
            return headers
        return headers | self.dialect.signed(provider.key)


def told(headers: Mapping[str, str]) -> dict[str, str]:
    """What is passed on of a provider's headers."""
    return {name: headers[name] for name in _HEADERS_TOLD if name in headers}


async def read_body(request: Request) -> Any:
    """The JSON of a request; None where it is none, or too long."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > BODY_BYTES_MAX:
            return None
    try:
        return json.loads(content)
    except ValueError:
        return None


def refusal(
    dialect: Dialect, status: HTTPStatus, code: str, message: str, *, retry_s: int = 0
) -> Response:
    """An error in the provider's shape; what may be tried again says when."""
    again = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
    headers: dict[str, str] = {"retry-after": str(retry_s or 1)} if status in again else {}
    content = json.dumps(dialect.error(int(status), code, message)).encode()
    return Response(content, int(status), headers=headers, media_type="application/json")
