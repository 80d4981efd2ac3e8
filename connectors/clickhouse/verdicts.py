"""Verdicts of the ledger as rows of `verdicts`: records that ended without a charge."""

from collections.abc import Sequence
from typing import Any

from connectors.clickhouse.columns import Columns, strings, transposed, truths
from connectors.clickhouse.container import container_columns, position_columns

_WIDTH = 7
_UNREAD = [bytes(16), "", "", "", 0, 0, 0, "", "", "", 0, 0, [], {}]
"""The container of a verdict on something that was no record."""


def verdict_columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Columns of `RecordVerdict`s as msgpack lists; the ledger position is added by the caller."""
    verdicts, codes, details, fields, lacks, positions, records = transposed(rows, _WIDTH)[:_WIDTH]
    return {
        "verdict": strings(verdicts),
        "code": strings(codes),
        "detail": strings(details),
        "field": strings(fields),
        "lacks": strings(lacks),
        "is_read": truths([record is not None for record in records]),
        **position_columns(positions),
        **container_columns([_UNREAD if record is None else record for record in records]),
    }
