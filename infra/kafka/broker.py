"""The embedded broker: made once, started in seconds, stopped cleanly."""

import secrets
import subprocess
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.child import Child
from infra.errors import CannotStart
from infra.java import find_java
from infra.kafka.properties import BrokerPlace, render, server_properties
from infra.logs import LogLimits
from infra.ports import LOOPBACK, require_free
from infra.resources import MIB, require_disk, require_memory

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 20.0
MEMORY_BYTES_MIN = 700 * MIB
DISK_BYTES_MIN = 1024 * MIB
_HEAP = ("-Xms128m", "-Xmx768m", "-XX:+UseSerialGC")
"""What lives long is small and the rest is file cache: more heap or a parallel collector changed
neither throughput nor CPU, the serial one needs the least memory and no threads of its own."""
_QUIET_LIBRARIES = ("--enable-native-access=ALL-UNNAMED",)


@dataclass(frozen=True, kw_only=True)
class BrokerOptions:
    """What a broker is started with. `directory` holds its log and settings over restarts."""

    directory: Path
    jars: Path
    port: int
    controller_port: int
    log: Path
    log_limits: LogLimits | None = None
    memory_bytes_min: int = MEMORY_BYTES_MIN
    disk_bytes_min: int = DISK_BYTES_MIN


class Broker:
    """A running broker that this program started."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self.bootstrap = f"{LOOPBACK}:{port}"

    def stop(self) -> None:
        """End it and wait; its log survives, even when it has to be killed."""
        self.child.stop(within_s=STOP_WITHIN_S)


def start_broker(options: BrokerOptions) -> Broker:
    """Start a broker and return once it answers. Raises `CannotStart` with what is missing."""
    require_free(options.port, of="Kafka", setting="VIVACE_KAFKA_PORT")
    require_free(options.controller_port, of="Kafka's controller", setting="VIVACE_KAFKA_PORT")
    require_memory(options.memory_bytes_min, of="Kafka", instead="VIVACE_KAFKA_BOOTSTRAP")
    options.directory.mkdir(parents=True, exist_ok=True)
    require_disk(options.disk_bytes_min, of="Kafka", directory=options.directory)
    java = find_java()
    properties = _write_properties(options)
    _format_once(java, options, properties)
    child = Child(
        _command(java, options.jars, "kafka.Kafka", str(properties), heap=_HEAP),
        log=options.log,
        limits=options.log_limits,
    )
    broker = Broker(child, options.port)
    child.wait_ready(lambda: answers(broker.bootstrap), what="Kafka", within_s=READY_WITHIN_S)
    return broker


def answers(bootstrap: str, *, within_s: float = 1.0) -> bool:
    """Tell whether a broker at `bootstrap` answers a metadata request with itself in it."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=within_s).brokers)
    except KafkaException:
        return False


def tool_command(jars: Path, main: str, *arguments: str) -> list[str]:
    """Return the command of one of Kafka's own console tools."""
    return _command(find_java(), jars, main, *arguments, heap=("-Xmx256m",))


def _command(
    java: Path, jars: Path, main: str, *arguments: str, heap: tuple[str, ...]
) -> list[str]:
    logging = Path(__file__).with_name("log4j2.xml")
    return [
        str(java),
        *heap,
        *_QUIET_LIBRARIES,
        f"-Dlog4j2.configurationFile={logging}",
        "-cp",
        f"{jars}/*",
        main,
        *arguments,
    ]


def _write_properties(options: BrokerOptions) -> Path:
    place = BrokerPlace(
        directory=options.directory / "log",
        port=options.port,
        controller_port=options.controller_port,
    )
    path = options.directory / "server.properties"
    path.write_text(render(server_properties(place)))
    return path


def _format_once(java: Path, options: BrokerOptions, properties: Path) -> None:
    """Give a new folder its identity. A folder that has one is left alone."""
    log = options.directory / "log"
    if (log / "meta.properties").exists():
        return
    cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    cluster = "A" + cluster[1:]  # a leading dash would be read as an option
    arguments = ("format", "--cluster-id", cluster, "--config", str(properties))
    heap = ("-Xmx256m", "-XX:TieredStopAtLevel=1")
    done = subprocess.run(
        _command(java, options.jars, "kafka.tools.StorageTool", *arguments, heap=heap),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotStart(f"Kafka's folder {log} cannot be made.\n{done.stdout}{done.stderr}")
