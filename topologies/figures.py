"""What a worker's door has seen, for who watches it: sessions, requests, how long they took."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from streams.session.signals import running_sessions
from topologies.owner import PartitionOwner

BOUNDS_MS: Final = tuple(round(0.25 * 1.2**step, 4) for step in range(60))
"""Answers are counted by how long they took: up to each of these, from 0.25 ms to 12 s."""


class PartitionFigures(Struct, kw_only=True):
    """One partition that the worker has open; all but `sessions` only rise while it does."""

    sessions: int
    requests: int
    records: int
    steps: int
    in_transit: int
    cpu_s: float
    took: list[int]


class WorkerFigures(Struct, kw_only=True):
    """A worker: its partitions, and answers by verb and code. `took` is counted by `bounds_ms`."""

    partitions: dict[int, PartitionFigures]
    answers: dict[str, int]
    streams: int
    bounds_ms: tuple[float, ...] = BOUNDS_MS


class DoorFigures:
    """Counts what the door answers."""

    def __init__(self) -> None:
        self._took: dict[int, list[int]] = {}
        self._answers: Counter[str] = Counter()

    def note(self, partition: int, verb: str, code: str, took_s: float) -> None:
        """A request of this partition was answered."""
        took = self._took.get(partition)
        if took is None:
            took = self._took[partition] = [0] * (len(BOUNDS_MS) + 1)
        took[bisect_left(BOUNDS_MS, took_s * 1000)] += 1
        self._answers[f"{verb}/{code}"] += 1

    def of(self, owners: Mapping[int, PartitionOwner], *, streams: int) -> WorkerFigures:
        """All of it now."""
        return WorkerFigures(
            partitions={
                partition: self._partition(owner)
                for partition, owner in owners.items()
                if owner.is_open
            },
            answers=dict(self._answers),
            streams=streams,
        )

    def _partition(self, owner: PartitionOwner) -> PartitionFigures:
        figures = owner.figures
        return PartitionFigures(
            sessions=running_sessions(owner.look()),
            requests=figures.requests,
            records=figures.inputs,
            steps=figures.steps,
            in_transit=owner.in_transit,
            cpu_s=round(figures.cpu_s, 3),
            took=self._took.get(owner.partition, [0] * (len(BOUNDS_MS) + 1)),
        )
