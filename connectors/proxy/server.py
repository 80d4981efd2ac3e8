"""The proxy as a process: providers' interfaces on one port, each request metered."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import httpx
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.client.aio import AsyncClient
from connectors.client.calls import Patience
from connectors.client.offline import allow_up_to
from connectors.client.options import ClientOptions
from connectors.errors import Refused
from connectors.orderly import OrderlyServer
from connectors.proxy import anthropic_messages, openai_chat, openai_responses
from connectors.proxy.dialect import Dialect
from connectors.proxy.relay import Provider, Relay
from connectors.proxy.site import ProxySite, read_site, secret_at
from connectors.proxy.touch import in_touch

DIALECTS: Final = (openai_chat.DIALECT, openai_responses.DIALECT, anthropic_messages.DIALECT)
PROVIDER_S: Final = 600.0
"""A provider that says nothing for so long is given up."""
_log: Any = structlog.get_logger()


class ProxySettings(Protocol):
    """What the proxy asks of the settings; docs/reference/settings.md says what they mean."""

    @property
    def proxy(self) -> Path | None:
        """The file that says what it stands before."""

    @property
    def proxy_host(self) -> str:
        """The address to listen on."""

    @property
    def proxy_port(self) -> int:
        """The port; 0 for any."""

    @property
    def data(self) -> Path:
        """Where its journal is kept."""


def build(site: ProxySite, *, journal: Path | None) -> Starlette:
    """The application. Raises Refused where a key is missing."""
    relay = _relay(site, journal)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with in_touch(relay.client, relay.running):
            yield
            for task in [*relay.settling]:
                await task
        await relay.upstream.aclose()
        await relay.client.close()

    dialects = [each for each in DIALECTS if each.provider in relay.providers]
    return Starlette(
        routes=[Route(each.path, _endpoint(relay, each), methods=["POST"]) for each in dialects],
        lifespan=lifespan,
    )


def _endpoint(relay: Relay, dialect: Dialect) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await relay.answer(request, dialect)

    return endpoint


def _relay(site: ProxySite, journal: Path | None) -> Relay:
    charging = site.charging
    rules = {charging.usage_type: allow_up_to(charging.offline_tokens)}
    client = AsyncClient(
        *charging.addresses,
        tenant=charging.tenant,
        key=secret_at(charging.key_from),
        options=ClientOptions(
            patience=Patience(deadline_s=charging.deadline_s),
            direct=charging.direct,
            rules=rules,
            journal=journal,
            gateway=charging.gateway or f"proxy-{uuid4()}",
        ),
    )
    return Relay(
        site=site,
        providers={
            each.provider: Provider(each.url.rstrip("/"), secret_at(each.key_from))
            for each in site.upstream
        },
        client=client,
        upstream=httpx.AsyncClient(
            timeout=httpx.Timeout(PROVIDER_S, connect=10.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        ),
    )


def run(settings: ProxySettings) -> None:
    """Serve until SIGTERM. Raises Refused where the site's file is missing or wrong."""
    if settings.proxy is None:
        raise Refused("the proxy needs its site: set VIVACE_PROXY to a file")
    site = read_site(settings.proxy)
    config = uvicorn.Config(
        build(site, journal=settings.data / "proxy" / "journal"),
        host=settings.proxy_host,
        port=settings.proxy_port,
        log_level=logging.WARNING,
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    _log.info("proxy", port=settings.proxy_port, callers=len(site.caller))
    OrderlyServer(config).run()
