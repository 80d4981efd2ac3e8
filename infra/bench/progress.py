"""How far the ledger is, and how fast it got there: read from its records' timestamps."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.kafka.ledger import LedgerFollower
from connectors.settings import KafkaSettings

_WARM_UP = 20


@dataclass(frozen=True)
class Mark:
    """A point of progress: so many records were done at `at` (seconds since 1970)."""

    at: float
    done: int


def ledger_marks(settings: KafkaSettings, *, start: dict[int, int]) -> list[Mark]:
    """Progress of charged and judged records over all valid ledger records after `start`."""
    found: list[tuple[int, int]] = []
    with LedgerFollower(settings, start) as follower:
        ends = follower.end_positions()
        while any(follower.next_offsets()[p] < end for p, end in ends.items()):
            for valid in follower.poll(records_max=500):
                done = len(valid.record.rated) + len(valid.record.verdicts)
                found.append((valid.timestamp_ms, done))
    found.sort()
    marks, total = [], 0
    for timestamp_ms, done in found:
        total += done
        marks.append(Mark(timestamp_ms / 1000, total))
    return marks


def measured_stretch(marks: Sequence[Mark]) -> tuple[Mark, Mark]:
    """From the end of the warm-up (a twentieth of the records) to the last record."""
    assert marks
    last = next(mark for mark in marks if mark.done == marks[-1].done)
    first = next(mark for mark in marks if mark.done >= last.done // _WARM_UP)
    return first, last
