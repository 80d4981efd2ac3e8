"""The engine's processes beside engines that run already: what bench and system tests start.

A site has topics of its own prefix, a database of its own and a folder of its own, so several can
share a broker. `vivace up` is the way for users; a site can start its processes one by one, pin
them, kill them, and start them again.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from pydantic import SecretStr

from connectors.kafka.topics import Topic
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.cores import on_cores
from infra.bench.lag import lag
from infra.child import Child
from topologies.settings import Settings

STOP_WITHIN_S = 20.0
_POLL_S = 0.1


@dataclass
class Site:
    """The processes of one engine on given settings, by name."""

    kafka: KafkaSettings
    clickhouse: ClickHouseSettings
    folder: Path
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The settings as a process reads them."""
        return {
            "VIVACE_DATA": str(self.folder),
            "VIVACE_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "VIVACE_KAFKA_PREFIX": self.kafka.prefix,
            "VIVACE_PARTITIONS": str(self.kafka.partitions),
            "VIVACE_CLICKHOUSE_HOST": self.clickhouse.host,
            "VIVACE_CLICKHOUSE_PORT": str(self.clickhouse.port),
            "VIVACE_CLICKHOUSE_USER": self.clickhouse.user,
            "VIVACE_CLICKHOUSE_PASSWORD": self.clickhouse.password,
            "VIVACE_CLICKHOUSE_DATABASE": self.clickhouse.database,
        }

    @property
    def settings(self) -> Settings:
        """The same as a value, for calls inside this process."""
        return Settings(
            data=self.folder,
            kafka_bootstrap=self.kafka.bootstrap,
            kafka_prefix=self.kafka.prefix,
            partitions=self.kafka.partitions,
            clickhouse_host=self.clickhouse.host,
            clickhouse_port=self.clickhouse.port,
            clickhouse_user=self.clickhouse.user,
            clickhouse_password=SecretStr(self.clickhouse.password),
            clickhouse_database=self.clickhouse.database,
        )

    def start(
        self,
        name: str,
        *,
        program: Sequence[str] = (),
        cores: set[int] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Child:
        """Start `vivace run NAME`, or another program in its place; pinned where cores are given.

        `extra` are settings of this process alone. Its output goes to a log of its name.
        """
        environment = self.environment | dict(extra or {})
        command = [sys.executable, "-m", *(program or ("infra.cli", "run", *name.split()))]
        log = self.folder / "logs" / f"{name.replace(' ', '-')}.log"
        if cores is None:
            child = Child(command, log=log, environment=environment)
        else:
            with on_cores(cores):
                child = Child(command, log=log, environment=environment)
        self.children[name] = child
        return child

    def stop(self, name: str) -> bool:
        """Ask a process to end and wait; True when it ended by itself in time."""
        return self.children.pop(name).stop(within_s=STOP_WITHIN_S)

    def kill(self, name: str) -> None:
        """End a process at once."""
        self.children.pop(name).kill()

    def close(self) -> None:
        """End all that still run."""
        for name in list(self.children):
            self.stop(name)

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self, condition: Callable[[], bool], what: str, *, within_s: float) -> None:
        """Wait until `condition()`; `TimeoutError` with the processes' last words if it never is.

        A process that has ended meanwhile ends the wait as well.
        """
        deadline = monotonic() + within_s
        while not condition():
            ended = [name for name, child in self.children.items() if child.exit_code() is not None]
            if ended or monotonic() > deadline:
                words = "\n".join(child.last_words() for child in self.children.values())
                raise TimeoutError(f"{what}: not after {within_s:g} s; ended: {ended}\n{words}")
            sleep(_POLL_S)

    def mediated(self) -> bool:
        """All usage there is has been mediated and acknowledged."""
        return lag(self.kafka, "mediation", (Topic.USAGE, Topic.RELEASE)) == 0

    def charged(self) -> bool:
        """All of `charging` has been taken by its owners."""
        return lag(self.kafka, "charging", (Topic.CHARGING,)) == 0
