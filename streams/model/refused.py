"""A record that was not charged, as it leaves on `suspense`, `errors` or `outcomes`."""

from typing import Literal

from msgspec import Struct

from streams.model.instant import Instant
from streams.model.usage import SourcePosition


class RefusedRecord(Struct, frozen=True, kw_only=True):
    """One record that is not (yet) charged: what, where, why, and its bytes.

    `state` is `suspended` until the keeper or a user closes it (`charged`, `discarded`); entries of
    `errors` and `outcomes` say `error`, `ignored` or `duplicate`. `raw` holds the source message's
    bytes where mediation refused it; `record` the packed `UsageRecord` where there is one.
    `reference` is the offset of the accounts topic it was judged with, -1 where it does not matter.
    `ledger_partition` and `ledger_offset` name the ledger record that gave the verdict, -1 where
    mediation judged.
    """

    record_id: bytes
    tenant: str
    source: str
    event_id: str
    position: SourcePosition
    topic: str
    state: Literal["suspended", "charged", "discarded", "error", "ignored", "duplicate"]
    code: str
    stage: str
    detail: str
    field: str = ""
    lacks: str = ""
    reference: int = -1
    service_id: str = ""
    occurred_at: Instant = 0
    recorded_at: Instant = 0
    catalog_version: str = ""
    engine: str = ""
    raw: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    record: bytes | None = None
    ledger_partition: int = -1
    ledger_offset: int = -1
