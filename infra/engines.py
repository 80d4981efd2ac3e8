"""The engines of a data folder: embedded ones are started, others are only reached."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connectors.clickhouse.migrate import migrate
from infra.child import Child
from infra.clickhouse.engine import ServerOptions, settings_of, start_clickhouse
from infra.kafka.broker import BrokerOptions, start_broker
from infra.kafka.jars import default_cache
from infra.kafka.topics import ensure_topics
from infra.logs import LogLimits
from infra.ports import free_port, is_free
from infra.runfile import write_private
from topologies.settings import RUN_FILE, Settings

Starter = Callable[[], Child]
"""Starts an engine, or starts it again, and returns once it answers."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of embedded engines, which stay the same over their restarts."""

    kafka: int
    controller: int
    clickhouse: int
    api: int


def jar_cache(settings: Settings) -> Path:
    """Return the folder that downloads go to."""
    return settings.cache or default_cache()


def log_limits(settings: Settings) -> LogLimits:
    """Return how large the logs of this machine's programs become."""
    return LogLimits(file_bytes=settings.log_file_bytes, files=settings.log_files)


def choose_ports(settings: Settings) -> Ports:
    """Take the default ports when they are free, else any; a port that was asked for stays."""
    asked = settings.model_fields_set

    def choose(setting: str, wanted: int) -> int:
        if wanted and (setting in asked or is_free(wanted)):
            return wanted
        return free_port()

    return Ports(
        kafka=choose("kafka_port", settings.kafka_port),
        controller=free_port(),
        clickhouse=choose("clickhouse_port", settings.clickhouse_port),
        api=choose("api_port", settings.api_port),
    )


def starters(settings: Settings, ports: Ports, jars: Path) -> dict[str, Starter]:
    """Return how to start each embedded engine; none for an engine that is elsewhere."""
    found: dict[str, Starter] = {}
    if not settings.kafka_bootstrap:
        found["kafka"] = lambda: start_broker(_broker_options(settings, ports, jars)).child
    if not settings.clickhouse_host:
        found["clickhouse"] = lambda: start_clickhouse(_server_options(settings, ports)).child
    return found


def start_all(starters: dict[str, Starter]) -> dict[str, Child]:
    """Start the engines beside one another; on a failure end those that did start."""
    with ThreadPoolExecutor(max(1, len(starters))) as pool:
        starting = {name: pool.submit(start) for name, start in starters.items()}
    problems = [error for start in starting.values() if (error := start.exception())]
    if problems:
        for start in starting.values():
            if not start.exception():
                start.result().stop(within_s=20)
        raise problems[0]
    return {name: start.result() for name, start in starting.items()}


def publish(settings: Settings, ports: Ports) -> Settings:
    """Write where the embedded engines are, for all commands on this folder; return the whole."""
    found: dict[str, object] = {"api_port": ports.api}
    if not settings.kafka_bootstrap:
        found["kafka_bootstrap"] = f"127.0.0.1:{ports.kafka}"
    if not settings.clickhouse_host:
        reach = settings_of(settings.data / "clickhouse", ports.clickhouse)
        found |= {
            "clickhouse_host": reach.host,
            "clickhouse_port": reach.port,
            "clickhouse_user": reach.user,
            "clickhouse_password": reach.password,
            "clickhouse_database": reach.database,
        }
    write_private(settings.data / RUN_FILE, msgspec.json.format(msgspec.json.encode(found)))
    return Settings(data=settings.data)


def prepare(settings: Settings, *, embedded: bool) -> None:
    """Make topics and tables. Records of money are flushed one by one where no replica helps."""
    ensure_topics(settings.kafka, flush=not settings.fast if embedded else None)
    migrate(settings.clickhouse)


def _broker_options(settings: Settings, ports: Ports, jars: Path) -> BrokerOptions:
    return BrokerOptions(
        directory=settings.data / "kafka",
        jars=jars,
        port=ports.kafka,
        controller_port=ports.controller,
        log=settings.data / "logs" / "kafka.log",
        log_limits=log_limits(settings),
    )


def _server_options(settings: Settings, ports: Ports) -> ServerOptions:
    return ServerOptions(
        directory=settings.data / "clickhouse",
        port=ports.clickhouse,
        log=settings.data / "logs" / "clickhouse.log",
        log_limits=log_limits(settings),
        durable=not settings.fast,
    )
