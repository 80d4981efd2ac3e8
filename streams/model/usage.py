"""Usage on its way: what a source said, harmonised, before it is priced.

A `UsageRecord` is the unit that is charged, suspended or refused as a whole. What was measured
stands in its `usages`, one `Usage` per leaf unit (3GPP TS 32.291: a UsedUnitContainer), so that
a split of one body into its token kinds makes leaves, not records. A split into different
services makes records, told apart by `part`.
"""

from hashlib import blake2b
from typing import Final

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.money import Quantity

MADE: Final = "made"
"""The topic id of a record that no source has sent: it was made from its cause."""


class Usage(Struct, frozen=True, array_like=True, gc=False):
    """One measured amount of one unit; `unit` is the leaf's name, such as `input_tokens` or `s`."""

    unit: str
    quantity: Quantity


class UsageRecord(Struct, frozen=True, array_like=True):
    """One harmonised record.

    `offset` and `index` name the record's place in its source partition; topic id and partition
    stand once in the batch that carries it. `root` is a routing hint found by mediation; the owner
    guides for good. `ended_at` equals `occurred_at` where the source names no duration.
    """

    record_id: bytes
    tenant: str
    source: str
    event_id: str
    part: int
    offset: int
    index: int
    usage_type: str
    service_id: str
    root: str
    occurred_at: Instant
    ended_at: Instant
    usages: tuple[Usage, ...]
    attributes: dict[str, str]


class UsageBatch(Struct, frozen=True, array_like=True):
    """Records of one account partition out of one fetch of one source partition.

    `topic_id` is the source topic's Kafka id (base64url without padding, 22 characters), so that a
    topic made anew under an old name is another source. `catalog_version` is what mediation used.
    """

    topic_id: str
    partition: int
    catalog_version: str
    records: tuple[UsageRecord, ...]


class SourcePosition(Struct, frozen=True, array_like=True, order=True, gc=False):
    """The place in a source that a record came from; equal positions mean our own redelivery."""

    topic_id: str
    partition: int
    offset: int
    index: int


def record_id_of(*, tenant: str, source: str, event_id: str, part: int) -> bytes:
    """The 128-bit identity of a record: blake2b of (tenant, source, id, part), NUL-separated."""
    text = f"{tenant}\0{source}\0{event_id}\0{part}"
    return blake2b(text.encode(), digest_size=16).digest()
