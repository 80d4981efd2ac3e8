"""Start the embedded ClickHouse and say how to reach it."""

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from connectors.settings import ClickHouseSettings
from infra.child import Child
from infra.clickhouse import server
from infra.logs import LogLimits
from infra.ports import LOOPBACK, require_free
from infra.resources import MIB, require_disk, require_memory

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
MEMORY_BYTES_MIN = 500 * MIB
DISK_BYTES_MIN = 1024 * MIB
DATABASE = "vivace"


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What a server is started with. `directory` holds tables and password over restarts."""

    directory: Path
    port: int
    log: Path
    log_limits: LogLimits | None = None
    durable: bool = True
    memory_bytes_min: int = MEMORY_BYTES_MIN
    disk_bytes_min: int = DISK_BYTES_MIN


class ClickHouse:
    """A running server that this program started."""

    def __init__(self, child: Child, settings: ClickHouseSettings) -> None:
        self.child = child
        self.settings = settings

    def stop(self) -> None:
        """End it and wait; its tables survive, even when it has to be killed."""
        self.child.stop(within_s=STOP_WITHIN_S)


def start_clickhouse(options: ServerOptions) -> ClickHouse:
    """Start a server, make its database, return once it answers. Raises `CannotStart`."""
    require_free(options.port, of="ClickHouse", setting="VIVACE_CLICKHOUSE_PORT")
    require_memory(options.memory_bytes_min, of="ClickHouse", instead="VIVACE_CLICKHOUSE_HOST")
    options.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    require_disk(options.disk_bytes_min, of="ClickHouse", directory=options.directory)
    settings = settings_of(options.directory, options.port)
    child = Child(
        [sys.executable, "-m", server.__name__, str(options.directory), str(options.port)],
        log=options.log,
        limits=options.log_limits,
        environment={
            server.PASSWORD_VARIABLE: settings.password,
            server.DURABLE_VARIABLE: "1" if options.durable else "0",
        },
    )
    child.wait_ready(lambda: answers(settings), what="ClickHouse", within_s=READY_WITHIN_S)
    return ClickHouse(child, settings)


def settings_of(directory: Path, port: int) -> ClickHouseSettings:
    """Return how to reach the server of `directory`, whose password is made at the first call."""
    return ClickHouseSettings(
        host=LOOPBACK, port=port, user=server.USER, password=_password(directory), database=DATABASE
    )


def answers(settings: ClickHouseSettings) -> bool:
    """Tell whether our own server answers: another one would not know the password.

    The tables live in a database of their own, because the engine's `default` is an overlay that
    lacks some table features.
    """
    try:
        answer = httpx.post(
            f"http://{settings.host}:{settings.port}/",
            content=f"CREATE DATABASE IF NOT EXISTS {settings.database} ENGINE = Atomic",
            auth=(settings.user, settings.password),
            headers={"Connection": "close"},
            timeout=5,
            trust_env=False,
        )
    except httpx.HTTPError:
        return False
    return answer.is_success


def _password(directory: Path) -> str:
    path = directory / "password"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))
    return path.read_text()
