"""What a worker process gives its agents, and what it asks of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.kafka.catalog_library import CatalogLibrary
from connectors.settings import KafkaSettings
from streams.rate.plan import Plan
from topologies.turns import Turns


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """How a worker's agents consume. Times are seconds.

    A session time-out is how long the partitions of a killed worker stay without an owner; brokers
    accept 6 s or more unless they are told otherwise.
    """

    session_timeout_s: float = 6.0
    heartbeat_s: float = 1.0
    commit_s: float = 0.5
    usage_records_max: int = 2000
    charging_messages_max: int = 128
    metrics_port: int | None = None
    online_host: str = "127.0.0.1"
    online_port: int | None = None
    """Where the online door listens, 0: on any free port; None: it stays shut."""
    standbys: bool = True
    """Whether it keeps the partitions of others warm."""
    keys: Path = Path()
    """The folder of the API keys."""


@dataclass(frozen=True, kw_only=True)
class WorkerParts:
    """What the agents of one process share. `folder` is this worker's own."""

    kafka: KafkaSettings
    folder: Path
    library: CatalogLibrary[Plan]
    options: WorkerOptions
    engine: str
    turns: Turns = field(default_factory=Turns)


class Stage(Protocol):
    """One kind of agent in a worker process."""

    name: str
    app: Any
    """Its Faust app."""

    @property
    def address(self) -> str:
        """Where its online door is; empty where it has none."""

    def partitions(self) -> Mapping[int, int]:
        """The partitions of `charging` that are open here, and the ledger offset since when."""

    def active_versions(self) -> tuple[str, ...]:
        """The catalog versions that it knows to be activated."""

    def observe(self) -> None:
        """Bring its gauges up to date."""

    async def open(self) -> None:
        """Make ready what its agent needs. Before the app starts."""

    async def drain(self) -> None:
        """Finish what is in hand; take nothing new. Before the app stops."""

    async def close(self) -> None:
        """Let everything go. After the app stopped."""


StageFactory = Callable[[WorkerParts], Stage]
"""Builds a stage; called inside the event loop that it will run in. Raises Refused."""
