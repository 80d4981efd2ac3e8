"""Plain settings that connectors are built from; `topologies/settings.py` reads them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """How to reach the broker. `prefix` stands before every topic name, empty by default."""

    bootstrap: str
    prefix: str = ""
    partitions: int = 8
    replication: int = 1


@dataclass(frozen=True, kw_only=True)
class ClickHouseSettings:
    """How to reach the database; `password` is never printed."""

    host: str
    port: int
    user: str
    password: str
    database: str = "vivace"

    def __repr__(self) -> str:
        return f"ClickHouseSettings({self.user}@{self.host}:{self.port}/{self.database})"


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Where a process keeps what it can rebuild."""

    directory: Path
