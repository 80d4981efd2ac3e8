"""How far the ledger is, and how fast it got there: read from its records' timestamps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.kafka.ledger import LedgerFollower, ValidRecord
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
        _read_to_end(follower, lambda valid: found.append(_progress(valid)))
    found.sort()
    marks, total = [], 0
    for timestamp_ms, done in found:
        total += done
        marks.append(Mark(timestamp_ms / 1000, total))
    return marks


def _progress(valid: ValidRecord) -> tuple[int, int]:
    return valid.timestamp_ms, len(valid.record.rated) + len(valid.record.verdicts)


def measured_stretch(marks: Sequence[Mark]) -> tuple[Mark, Mark]:
    """From the end of the warm-up (a twentieth of the records) to the last record."""
    assert marks
    last = next(mark for mark in marks if mark.done == marks[-1].done)
    first = next(mark for mark in marks if mark.done >= last.done // _WARM_UP)
    return first, last


def ledger_positions(settings: KafkaSettings) -> dict[int, int]:
    """Where each partition's chain of valid records stands now."""
    start = dict.fromkeys(range(settings.partitions), -1)
    with LedgerFollower(settings, start) as follower:
        _read_to_end(follower, lambda _: None)
        return follower.positions()


def _read_to_end(follower: LedgerFollower, take: Callable[[ValidRecord], None]) -> None:
    ends = follower.end_positions()
    while any(follower.next_offsets()[p] < end for p, end in ends.items()):
        for valid in follower.poll(records_max=500):
            take(valid)
