"""The process of the trade's doors: converged charging by HTTP/2, credit control by Diameter."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any, Protocol, cast

import structlog

from connectors.api.doors import Doors
from connectors.api.keys import KeyStore
from connectors.errors import Refused, Unavailable
from connectors.kafka.newest_catalogs import NewestCatalogs
from connectors.settings import KafkaSettings
from connectors.trade.charging import TermsBook
from connectors.trade.nchf.app import ConvergedCharging

try:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from hypercorn.typing import ASGIFramework
except ImportError as error:
    raise Unavailable("hypercorn is not installed: pip install 'vivace[trade]'") from error

_log: Any = structlog.get_logger()
_GRACE_S = 5.0


class TradeSettings(Protocol):
    """What the doors ask of the settings; docs/reference/settings.md says what they mean."""

    @property
    def kafka(self) -> KafkaSettings:
        """The broker."""

    @property
    def data(self) -> Path:
        """Where the keys are kept."""

    @property
    def nchf_host(self) -> str:
        """The address of converged charging."""

    @property
    def nchf_port(self) -> int:
        """Its port; 0 for any."""

    @property
    def nchf_certificate(self) -> Path | None:
        """Its certificate and key, PEM; without, it speaks without TLS."""


def run(settings: TradeSettings) -> None:
    """Serve until SIGTERM. Raises Unavailable where no engine is named."""
    asyncio.run(_serve(settings))


async def _serve(settings: TradeSettings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    worker = Doors(settings.kafka)
    terms = TermsBook(NewestCatalogs(settings.kafka).of)
    door = ConvergedCharging(worker, terms, KeyStore(settings.data))
    config = config_of(settings)
    _log.info("converged charging", address=config.bind[0])
    try:
        app = cast(ASGIFramework, door.app())
        await serve(app, config, shutdown_trigger=ended.wait)
    finally:
        await worker.close()


def config_of(settings: TradeSettings) -> Config:
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
    elif settings.nchf_host not in ("127.0.0.1", "::1", "localhost"):
        raise Refused(
            f"nchf_host is {settings.nchf_host}: others reach it, so nchf_certificate is needed"
        )
    return config
