"""Records that no source has sent: made from their cause, so that they are the same whoever makes
them however often."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from streams.model.instant import Instant, Period, format_instant
from streams.model.usage import MADE, SourcePosition, Usage, UsageRecord, record_id_of

SOURCE: Final = "vivace"
"""The source of every made record."""


def make_record(  # noqa: PLR0913 - a record by its parts
    usage_type: str,
    *,
    tenant: str,
    root: str,
    event_id: str,
    span: Period,
    service_id: str = "",
    usages: Sequence[Usage] = (),
    attributes: dict[str, str] | None = None,
) -> UsageRecord:
    """The record of one cause. `event_id` names the cause within the tenant, once for all.

    Its place in the source is made of its identity, as nothing else tells it.
    """
    event_id = f"{usage_type}/{event_id}"
    record_id = record_id_of(tenant=tenant, source=SOURCE, event_id=event_id, part=0)
    return UsageRecord(
        record_id,
        tenant,
        SOURCE,
        event_id,
        0,
        int.from_bytes(record_id[:8], "big") >> 1,
        0,
        usage_type,
        service_id,
        root,
        span.start,
        span.end,
        tuple(usages),
        attributes or {},
    )


@lru_cache(maxsize=1024)
def moment(at: Instant) -> str:
    """An instant as event ids name it: `2026-11-22T09:30:00Z`."""
    return format_instant(at).replace(".000000", "")


def made_position(record: UsageRecord, partition: int) -> SourcePosition:
    """Where a made record of a partition stands."""
    return SourcePosition(MADE, partition, record.offset, record.index)


def last_of(end: Instant) -> Instant:
    """The last instant of a period that ends at `end`: what is charged for it belongs to it."""
    return end - 1
