"""One broker and one database for a whole test run, however many workers it has.

`python -m tests.engines FOLDER OWNER_PID` starts both, writes where they are, and ends them when
it is told to or when the run that owns it is gone, even if that was killed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from connectors.settings import ClickHouseSettings
from infra.child import Identity, identity_of, stop
from infra.clickhouse.engine import ClickHouse, ServerOptions, settings_of, start_clickhouse
from infra.kafka.broker import Broker, BrokerOptions, start_broker
from infra.kafka.jars import default_cache, ensure_jars
from infra.lock import exclusively
from infra.ports import free_port
from topologies.settings import Settings

READY_WITHIN_S = 300
STOP_WITHIN_S = 30
MEMORY_BYTES_MIN = 4 * 1024**3

_keepers: list[subprocess.Popen[bytes]] = []
"""Kept so that the interpreter does not complain of programs that outlive their handle."""


def shared_engines(folder: Path, *, owner_pid: int) -> dict[str, Any]:
    """Return where the run's engines are; the first caller starts them."""
    folder.mkdir(parents=True, exist_ok=True)
    where = folder / "engines.json"
    with exclusively(folder / "engines.lock"):
        if not where.exists():
            _start(folder, owner_pid, where)
    return json.loads(where.read_text())


def stop_engines(folder: Path) -> None:
    """End the run's engines if any were started."""
    where = folder / "engines.json"
    if not where.exists():
        return
    known = json.loads(where.read_text())
    stop(
        Identity(pid=known["keeper"], started_at=known["keeper_started_at"]),
        within_s=STOP_WITHIN_S,
    )


def clickhouse_of(engines: dict[str, Any]) -> ClickHouseSettings:
    """Return how to reach the run's ClickHouse."""
    return settings_of(Path(engines["data"]) / "clickhouse", engines["clickhouse_port"])


def _start(folder: Path, owner_pid: int, where: Path) -> None:
    log = folder / "keeper.log"
    with log.open("ab") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.engines", str(folder), str(owner_pid)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=Path(__file__).parent.parent,
        )
    _keepers.append(keeper)
    deadline = monotonic() + READY_WITHIN_S
    while not where.exists():
        if keeper.poll() is not None or monotonic() > deadline:
            raise RuntimeError(f"The engines do not start:\n{log.read_text()}")
        sleep(0.05)


def _roomy_folder() -> TemporaryDirectory[str]:
    """Return a new folder in memory where there is room, since these engines' data is thrown away.

    Kafka syncs each partition that it makes; on a disk that is most of what a small test waits for.
    """
    in_memory = Path("/dev/shm")
    roomy = in_memory.is_dir() and shutil.disk_usage(in_memory).free > MEMORY_BYTES_MIN
    place = in_memory if roomy else None
    return TemporaryDirectory(prefix="vivace-tests-", dir=place, ignore_cleanup_errors=True)


def _start_broker(folder: Path, data: Path) -> Broker:
    return start_broker(
        BrokerOptions(
            directory=data / "kafka",
            jars=ensure_jars(default_cache(), repository=Settings().maven_repository),
            port=free_port(),
            controller_port=free_port(),
            log=folder / "kafka.log",
        )
    )


def _start_clickhouse(folder: Path, data: Path) -> ClickHouse:
    return start_clickhouse(
        ServerOptions(
            directory=data / "clickhouse",
            port=free_port(),
            log=folder / "clickhouse.log",
            durable=False,
        )
    )


def _keep(folder: Path, owner_pid: int) -> None:
    """Hold the engines until told to end, or until the run that owns them is gone."""
    owner = identity_of(owner_pid)
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _roomy_folder() as data, ThreadPoolExecutor(2) as pool:
        starters = (_start_broker, _start_clickhouse)
        starting = [pool.submit(start, folder, Path(data)) for start in starters]
        broker, clickhouse = (start.result() for start in starting)
        known = {
            "keeper": os.getpid(),
            "keeper_started_at": identity_of(os.getpid()).started_at,
            "data": data,
            "bootstrap": broker.bootstrap,
            "clickhouse_port": clickhouse.settings.port,
        }
        new = folder / "engines.json.new"
        new.write_text(json.dumps(known))
        new.rename(folder / "engines.json")
        while not asked.wait(0.5) and owner.alive():
            pass
        broker.child.kill()
        clickhouse.child.kill()


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]))
