"""One source record on its way through mediation: the working object of the stages.

`Plain` is what a decoder makes of bytes: nothing but null, truth, exact numbers, text, lists and
maps. `UsageEvent` lives for one record, is filled by `parse` and amended by the later stages; what
leaves mediation is a frozen `UsageRecord`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.usage import Usage

Plain = None | bool | int | Decimal | str | list[Any] | dict[str, Any]
PlainRecord = dict[str, Any]
"""A decoded record: top-level names to plain values."""


class Arrival(Struct, frozen=True, gc=False):
    """One record as it came in: its place, the broker's time of its message, and its bytes.

    `raw` are the record's own bytes, also where its message held several.
    """

    topic: str
    topic_id: str
    partition: int
    offset: int
    index: int
    recorded_at: Instant
    raw: bytes
    headers: Sequence[tuple[str, bytes]] = ()


class UsageEvent(Struct, gc=False):
    """What a source platform's mapping found in a record. `plain` is the record as decoded."""

    plain: PlainRecord
    source: str
    event_id: str
    service_id: str
    occurred_at: Instant
    ended_at: Instant
    usages: tuple[Usage, ...]
    attributes: dict[str, str]
