"""What the workers' doors tell of themselves, as rates between two looks."""

from collections.abc import Sequence
from itertools import accumulate
from time import monotonic
from typing import Protocol

import msgspec
from msgspec import Struct

from topologies.figures import BOUNDS_MS, PartitionFigures, WorkerFigures

GRANTED = ("success", "partial")
_decode = msgspec.json.Decoder(WorkerFigures).decode


class Doors(Protocol):
    """Where figures come from."""

    def addresses(self) -> dict[str, str]:
        """The doors there are, by worker."""

    def get(self, address: str, path: str) -> bytes | None:
        """What one worker answers; None where it does not."""


class PartitionLine(Struct, kw_only=True):
    """A partition, or all of them: what runs now, and rates since the look before.

    `p50_ms` and `p99_ms` are bounds that so many answers were within; None where there were none.
    """

    worker: str = ""
    partition: int = -1
    sessions: int = 0
    requests_per_s: float = 0.0
    records_per_s: float = 0.0
    steps_per_s: float = 0.0
    cpu_percent: float = 0.0
    p50_ms: float | None = None
    p99_ms: float | None = None


class Picture(Struct, kw_only=True):
    """All workers at one moment; `over_s` is how long rates were measured."""

    over_s: float
    total: PartitionLine
    partitions: list[PartitionLine]
    answers_per_s: dict[str, float]
    granted_per_s: float
    refused_per_s: float
    streams: int


class Watching:
    """Looks at all doors again and again."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._at = monotonic()
        self._seen: dict[str, WorkerFigures] = {}

    def look(self) -> Picture:
        """What has happened since the last look; at the first one, nothing."""
        before, since = self._seen, self._at
        self._seen, self._at = self._figures(), monotonic()
        return picture_of(before, self._seen, over_s=max(self._at - since, 1e-6))

    def _figures(self) -> dict[str, WorkerFigures]:
        found: dict[str, WorkerFigures] = {}
        for worker, address in self._doors.addresses().items():
            told = self._doors.get(address, "figures")
            if told is not None:
                found[worker] = _decode(told)
        return found


def picture_of(
    before: dict[str, WorkerFigures], now: dict[str, WorkerFigures], *, over_s: float
) -> Picture:
    """The rates between two looks. A partition that was not there before has none yet."""
    lines: list[PartitionLine] = []
    took = [0] * (len(BOUNDS_MS) + 1)
    answers: dict[str, float] = {}
    for worker, figures in now.items():
        known = before.get(worker)
        for partition, found in sorted(figures.partitions.items()):
            former = None if known is None else known.partitions.get(partition)
            own = _more(found.took, None if former is None else former.took)
            took = [one + other for one, other in zip(took, own, strict=True)]
            lines.append(_line(found, former, own, over_s=over_s))
            lines[-1].worker, lines[-1].partition = worker, partition
        for word, count in figures.answers.items():
            told = max(0, count - (count if known is None else known.answers.get(word, 0)))
            answers[word] = answers.get(word, 0.0) + told / over_s
    granted = sum(rate for word, rate in answers.items() if word.partition("/")[2] in GRANTED)
    return Picture(
        over_s=round(over_s, 3),
        total=_total(lines, took),
        partitions=lines,
        answers_per_s={word: round(rate, 3) for word, rate in sorted(answers.items())},
        granted_per_s=round(granted, 3),
        refused_per_s=round(sum(answers.values()) - granted, 3),
        streams=sum(figures.streams for figures in now.values()),
    )


def _line(
    found: PartitionFigures, former: PartitionFigures | None, took: list[int], *, over_s: float
) -> PartitionLine:
    before = found if former is None else former

    def rate(now: float, then: float) -> float:
        return round(max(0.0, now - then) / over_s, 3)

    return PartitionLine(
        sessions=found.sessions,
        requests_per_s=rate(found.requests, before.requests),
        records_per_s=rate(found.records, before.records),
        steps_per_s=rate(found.steps, before.steps),
        cpu_percent=round(rate(found.cpu_s, before.cpu_s) * 100, 1),
        p50_ms=within(took, 50),
        p99_ms=within(took, 99),
    )


def _total(lines: Sequence[PartitionLine], took: Sequence[int]) -> PartitionLine:
    return PartitionLine(
        sessions=sum(line.sessions for line in lines),
        requests_per_s=round(sum(line.requests_per_s for line in lines), 3),
        records_per_s=round(sum(line.records_per_s for line in lines), 3),
        steps_per_s=round(sum(line.steps_per_s for line in lines), 3),
        cpu_percent=round(sum(line.cpu_percent for line in lines), 1),
        p50_ms=within(took, 50),
        p99_ms=within(took, 99),
    )


def within(took: Sequence[int], percent: int) -> float | None:
    """The bound that so many percent of the answers were within; None where there were none."""
    wanted = sum(took) * percent
    if not wanted:
        return None
    for bound, reached in zip((*BOUNDS_MS, BOUNDS_MS[-1]), accumulate(took), strict=True):
        if reached * 100 >= wanted:
            return bound
    raise AssertionError("all of them are within the last")


def _more(now: Sequence[int], before: Sequence[int] | None) -> list[int]:
    if before is None:
        return [0] * len(now)
    return [max(0, one - other) for one, other in zip(now, before, strict=True)]
