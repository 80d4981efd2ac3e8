"""Which records have been seen: a mark per record id, grouped by the UTC day of the event.

A day's group is dropped as a whole once the partition's time is far enough past it.
"""

from streams.model.instant import DAY, Instant
from streams.model.usage import SourcePosition, UsageRecord
from streams.state import RecordMark, RecordState, record_id_key

KEPT_DAYS = 35
"""How long ids are kept; no source's dedupe window may be longer."""


def mark_of(state: RecordState, position: SourcePosition) -> RecordMark:
    """The mark of a record in a state, first seen at `position`."""
    return RecordMark(state, position.topic_id, position.partition, position.offset, position.index)


def position_of(mark: RecordMark) -> SourcePosition:
    """Where the record was first seen."""
    return SourcePosition(mark.topic_id, mark.partition, mark.offset, mark.index)


def is_redelivery(mark: RecordMark, position: SourcePosition) -> bool:
    """The same place in the source: our own repeat, not a duplicate."""
    return (
        mark.offset == position.offset
        and mark.index == position.index
        and mark.partition == position.partition
        and mark.topic_id == position.topic_id
    )


def dropped_range(time: Instant) -> tuple[bytes, bytes]:
    """The keys, from and to, whose days are older than `KEPT_DAYS` at the partition's time."""
    return b"", record_id_key(time - KEPT_DAYS * DAY, b"")


def is_outside_window(record: UsageRecord, *, time: Instant, days: int) -> bool:
    """The event is older than its source's dedupe window, by whole UTC days."""
    return record.occurred_at < (time // DAY - days) * DAY
