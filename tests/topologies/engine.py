"""Processes of the engine, started and killed by a test, and what their ledger says in the end."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from connectors.catalog.load import read_catalog
from connectors.kafka.catalog_topic import activate, publish
from connectors.kafka.ledger import LedgerFollower
from connectors.settings import KafkaSettings
from streams.model.catalog import Catalog
from streams.model.instant import BEGINNING

CATALOGS = Path(__file__).parents[2] / "catalog"


def activate_example(settings: KafkaSettings, name: str) -> None:
    """Put one of the example catalogs into force from the beginning of time."""
    catalog = read_catalog(CATALOGS / name)
    assert isinstance(catalog, Catalog), catalog
    version = publish(settings, catalog)
    activate(settings, tenant=catalog.tenant, version=version, start=BEGINNING)


class Engine:
    """Processes by name; each may be killed and started again."""

    def __init__(self, settings: KafkaSettings, folder: Path) -> None:
        self.environment = os.environ | {
            "VIVACE_KAFKA_BOOTSTRAP": settings.bootstrap,
            "VIVACE_KAFKA_PREFIX": settings.prefix,
            "VIVACE_PARTITIONS": str(settings.partitions),
            "VIVACE_DATA": str(folder),
        }
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start processes; what they say goes to a file of their name."""
        for name in names:
            with (self._folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    [sys.executable, "-m", "infra.cli", "run", name],
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )

    def kill(self, *names: str) -> None:
        """Kill processes as `kill -9` does."""
        for name in names:
            self._running[name].kill()
            self._running.pop(name).wait()

    def alive(self) -> dict[str, bool]:
        """Which of the processes still run."""
        return {name: process.poll() is None for name, process in self._running.items()}

    def stop(self) -> dict[str, int]:
        """End all in order; their exit codes."""
        for process in self._running.values():
            process.terminate()
        try:
            return {name: process.wait(60) for name, process in self._running.items()}
        finally:
            for process in self._running.values():
                process.kill()

    def logs(self) -> str:
        """The last words of every process."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text()[-2000:]}"
            for path in sorted(self._folder.glob("*.log"))
        )


def charged_events(settings: KafkaSettings) -> Counter[str]:
    """How often the ledger charges each event id."""
    charged: Counter[str] = Counter()
    start = dict.fromkeys(range(settings.partitions), -1)
    with LedgerFollower(settings, start) as follower:
        ends = follower.end_positions()
        while any(follower.next_offsets()[p] < end for p, end in ends.items()):
            for valid in follower.poll(timeout_s=0.2):
                charged.update(rated.record.event_id for rated in valid.record.rated)
    return charged
