"""What load is wanted: how many events of which workload, with which faults, from which seed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from streams.model.instant import DAY, Instant


class Workload(StrEnum):
    """Which formats a stream is made of."""

    LLM = "llm"
    """Token usage: bodies of four providers and OTel GenAI attributes."""
    VOICE = "voice"
    """Call records, JSON and CSV."""
    API = "api"
    """Flat API requests, CloudEvents structured and binary."""
    MIXED = "mixed"
    """All five formats, some as batches of several records a message."""


class Kind(StrEnum):
    """What becomes of a record if the engine is right; the generator knows it beforehand."""

    GOOD = "good"
    """To be charged."""
    DOUBLED = "doubled"
    """A second delivery of a good record, from another position."""
    BROKEN = "broken"
    """Cannot be read: ends as an error."""
    UNKNOWN = "unknown"
    """Of a service id that nobody has put in (yet): suspended."""
    UNPRICED = "unpriced"
    """Of a model without a price: suspended."""
    FILTERED = "filtered"
    """A failed request: ignored by the catalog's filter."""


class Message(NamedTuple):
    """One Kafka message, and the kind of each record in it."""

    value: bytes
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """A stream of events. Shares are per thousand events; the rest of them is good.

    Event times rise evenly from `start` over `span`; a late event lies up to `lateness` before its
    place. `accounts` counts each tenant's. `catalog` names an example catalog, whose usage is sent
    in the place of the workload. Keep `span + lateness` below the catalog's window of
    record ids, or the late ones end as suspended.
    """

    events: int
    start: Instant
    workload: Workload = Workload.MIXED
    seed: int = 1
    accounts: int = 1000
    span: Instant = DAY
    lateness: Instant = 2 * DAY
    late: int = 0
    doubled: int = 0
    broken: int = 0
    unknown: int = 0
    unpriced: int = 0
    filtered: int = 0
    catalog: str = ""

    def __post_init__(self) -> None:
        assert self.doubled + self.broken + self.unknown + self.unpriced + self.filtered <= 1000
        assert self.events > 0
        assert self.accounts > 0
