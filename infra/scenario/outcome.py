"""What came out of a scenario, whoever ran it: the core in memory or a running system."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from streams.model.account import Accumulators, Balances
from streams.model.charging_session import ChargingAnswer
from streams.model.instant import Instant
from streams.model.rated import Alert, RatedUsage
from streams.model.session_command import SessionCommand

_MESSAGE: Final = re.compile(r"(/[a-z]+)(:\d+){3}$")


def meant(event_id: str) -> str:
    """The id without the numbers of the message between partitions that it came by.

    Which partitions those are, and how much went between them before, each system has its own way.
    """
    return _MESSAGE.sub(r"\1", event_id)


@dataclass(frozen=True, slots=True)
class Refused:
    """The end of a record that was not charged."""

    event_id: str
    verdict: str
    code: str


@dataclass(slots=True)
class Outcome:
    """Everything that a `then` can ask about."""

    charges: list[RatedUsage] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    answers: list[ChargingAnswer] = field(default_factory=list)
    signals: list[SessionCommand] = field(default_factory=list)
    balances: dict[str, Balances] = field(default_factory=dict)
    accumulators: dict[str, Accumulators] = field(default_factory=dict)
    time_zones: dict[str, str] = field(default_factory=dict)
    counters: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    invoices: dict[tuple[str, Instant], str] = field(default_factory=dict)
    """By account and the start of a bill unit."""
