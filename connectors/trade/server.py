"""The process of the trade's doors: Nchf by HTTP/2, Diameter, RADIUS accounting."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext
from typing import Any, Protocol, cast

import structlog
from pydantic import SecretStr

from connectors.api.doors import Doors
from connectors.api.keys import ApiKey, KeyStore, Scope
from connectors.errors import Refused, Unavailable
from connectors.kafka.newest_catalogs import NewestCatalogs
from connectors.kafka.registry import codec_of
from connectors.settings import KafkaSettings
from connectors.trade.charging import TermsBook
from connectors.trade.diameter import credit_control as diameter
from connectors.trade.diameter.credit_control import Credits
from connectors.trade.nchf import limit_forms, notify
from connectors.trade.nchf.app import ConvergedCharging
from connectors.trade.nchf.door import app_of
from connectors.trade.nchf.limits import SpendingLimits
from connectors.trade.nchf.notify import Notifier
from connectors.trade.notices import Bring, Notices, carry_on

try:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from hypercorn.typing import ASGIFramework

    from connectors.trade.diameter.node import CreditNode
    from connectors.trade.diameter.tls import context_of
    from connectors.trade.radius.door import AccountingDoor, clients_of
except ImportError as error:
    raise Unavailable(f"{error.name} is not installed: pip install 'vivace[trade]'") from error

_log: Any = structlog.get_logger()
_GRACE_S = 5.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NchfSettings(Protocol):
    """How converged charging listens."""

    @property
    def nchf_host(self) -> str:
        """Its address."""

    @property
    def nchf_port(self) -> int:
        """Its port; 0: it does not listen."""

    @property
    def nchf_notify(self) -> str:
        """Where it may post notices, parted by commas."""

    @property
    def nchf_certificate(self) -> Path | None:
        """Its certificate and key, PEM; without, it speaks without TLS."""


class DiameterSettings(Protocol):
    """How Diameter listens, to whom, and for whom they ask."""

    @property
    def network_clock(self) -> bool:
        """Sessions begin when the network says, not when they come here."""

    @property
    def diameter_host(self) -> str:
        """Its address."""

    @property
    def diameter_port(self) -> int:
        """Its port; 0: it does not listen."""

    @property
    def diameter_identity(self) -> str:
        """Our name."""

    @property
    def diameter_peers(self) -> str:
        """The peers that may connect, parted by commas."""

    @property
    def diameter_key(self) -> SecretStr:
        """The API key by which they ask."""

    @property
    def diameter_certificate(self) -> Path | None:
        """Its certificate and key, PEM; without, it speaks without TLS."""

    @property
    def diameter_authorities(self) -> Path | None:
        """Who signs the peers' certificates, PEM."""


class RadiusSettings(Protocol):
    """How RADIUS accounting listens, and to whom."""

    @property
    def radius_host(self) -> str:
        """Its address."""

    @property
    def radius_port(self) -> int:
        """Its port; 0: it does not listen."""

    @property
    def radius_clients(self) -> SecretStr:
        """The clients' addresses with their secrets."""


class TradeSettings(NchfSettings, DiameterSettings, RadiusSettings, Protocol):
    """What the doors ask of the settings; docs/reference/settings.md says what they mean."""

    @property
    def kafka(self) -> KafkaSettings:
        """The broker."""

    @property
    def data(self) -> Path:
        """Where the keys are kept."""

    @property
    def registry_url(self) -> str:
        """Where schemas are found; empty: with us."""


def run(settings: TradeSettings) -> None:
    """Serve until SIGTERM. Raises Unavailable where no engine is named, Refused for settings."""
    asyncio.run(_serve(settings))


async def _serve(settings: TradeSettings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if not any((settings.nchf_port, settings.diameter_port, settings.radius_port)):
        raise Refused("no port is set of Nchf, Diameter or RADIUS: there is nothing to listen on")
    worker = Doors(settings.kafka)
    terms = TermsBook(NewestCatalogs(settings.kafka).of)
    keys = KeyStore(settings.data)
    notifier = Notifier(_listed(settings.nchf_notify))
    charging = ConvergedCharging(worker, terms, keys, trusts_clocks=settings.network_clock)
    limits = SpendingLimits(worker, terms, keys, notifier)
    brings: dict[str, Bring] = {notify.DOOR: notifier.bring, limit_forms.DOOR: limits.bring}
    codec = codec_of(settings.registry_url, prefix=settings.kafka.prefix)
    try:
        async with _radius(settings), _diameter(settings, worker, terms, keys) as node:
            if node is not None:
                brings[diameter.DOOR] = node.bring
            carrying = asyncio.create_task(carry_on(Notices(settings.kafka, codec, brings)))
            try:
                if settings.nchf_port:
                    app = app_of([*charging.routes(), *limits.routes()])
                    await serve(
                        cast(ASGIFramework, app), config_of(settings), shutdown_trigger=ended.wait
                    )
                else:
                    await ended.wait()
            finally:
                carrying.cancel()
                await asyncio.gather(carrying, return_exceptions=True)
    finally:
        await notifier.close()
        await worker.close()


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


@asynccontextmanager
async def _radius(settings: TradeSettings) -> AsyncIterator[None]:
    if not settings.radius_port:
        yield
        return
    clients = clients_of(settings.radius_clients.get_secret_value())
    if not clients:
        raise Refused("radius_clients is empty: nobody may ask")
    door = AccountingDoor(settings.kafka, clients)
    await door.open(settings.radius_host, settings.radius_port)
    _log.info("radius", port=settings.radius_port, clients=sorted(clients))
    try:
        yield
    finally:
        await door.close()


@asynccontextmanager
async def _diameter(
    settings: DiameterSettings, worker: Doors, terms: TermsBook, keys: KeyStore
) -> AsyncIterator[CreditNode | None]:
    if not settings.diameter_port:
        yield None
        return
    secret = settings.diameter_key.get_secret_value()
    tenant = tenant_of(keys.find(secret))
    peers = _listed(settings.diameter_peers)
    if not peers:
        raise Refused("diameter_peers is empty: nobody may connect")
    credits = Credits(
        worker, terms, tenant=tenant, key=secret, trusts_clocks=settings.network_clock
    )
    tls = _tls_of(settings)
    node = CreditNode(credits, identity=settings.diameter_identity, peers=peers, tls=tls)
    node.open(settings.diameter_host, settings.diameter_port)
    _log.info("diameter", port=settings.diameter_port, peers=peers, tls=tls is not None)
    try:
        yield node
    finally:
        await asyncio.to_thread(node.close)


def _tls_of(settings: DiameterSettings) -> SSLContext | None:
    if settings.diameter_certificate is None:
        return None
    if settings.diameter_authorities is None:
        raise Refused("diameter_authorities is empty: no peer could prove who it is")
    return context_of(settings.diameter_certificate, settings.diameter_authorities)


def tenant_of(key: ApiKey | None) -> str:
    """Whose accounts Diameter peers ask for. Raises Refused for a key that does not say it."""
    if key is None or not key.tenant or not key.allows(Scope.WRITE, key.tenant):
        raise Refused("diameter_key is no API key that may write for one tenant")
    return key.tenant


def config_of(settings: NchfSettings) -> Config:
    """How the server listens: HTTP/2 with or without TLS, and HTTP/1.1 for those who know no more.

    Raises Refused for an address that others can reach, without TLS.
    """
    config = Config()
    host = f"[{settings.nchf_host}]" if ":" in settings.nchf_host else settings.nchf_host
    config.bind = [f"{host}:{settings.nchf_port}"]
    config.graceful_timeout = _GRACE_S
    config.h2_max_concurrent_streams = 256
    config.include_server_header = False
    config.loglevel = logging.getLevelName(logging.WARNING)
    if settings.nchf_certificate is not None:
        config.certfile = config.keyfile = str(settings.nchf_certificate)
    elif settings.nchf_host not in _LOOPBACK:
        raise Refused(
            f"nchf_host is {settings.nchf_host}: others reach it, so nchf_certificate is needed"
        )
    return config
