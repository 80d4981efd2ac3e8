"""What an owner is asked for beside its batches, and what it has done."""

import asyncio
from dataclasses import dataclass

from streams.model.command import Command
from streams.model.instant import Instant


@dataclass(slots=True)
class OwnerFigures:
    """What an owner has done since it was made; for metrics."""

    inputs: int = 0
    steps: int = 0
    requests: int = 0
    batches: int = 0
    output_bytes: int = 0
    lost: int = 0
    void: int = 0
    opened: int = 0
    cpu_s: float = 0.0


@dataclass(slots=True, eq=False)
class Request:
    """Commands of the online door, applied all or none; `answer` is their ledger offset."""

    commands: tuple[Command, ...]
    at: Instant
    answer: asyncio.Future[int]


class RequestFailed(Exception):
    """This request cannot be answered; others can."""
