"""Entries of topics suspense, errors and outcomes as rows of the tables of the same names."""

from collections.abc import Sequence

import pyarrow as pa

from connectors.clickhouse.columns import ID, Columns, instants, integers, strings
from connectors.clickhouse.container import position_columns
from connectors.clickhouse.raw import header_columns
from streams.model.refused import RefusedRecord

_TEXTS = (
    "tenant",
    "state",
    "code",
    "stage",
    "detail",
    "field",
    "lacks",
    "source",
    "event_id",
    "service_id",
    "topic",
    "catalog_version",
    "engine",
)
_NO_ID = bytes(16)


def refused_columns(rows: Sequence[tuple[RefusedRecord, int, int]]) -> Columns:
    """Columns of entries, each with its partition and offset on its topic."""
    refused = [row[0] for row in rows]
    positions = [
        (item.position.topic_id, item.position.partition, item.position.offset, item.position.index)
        for item in refused
    ]
    return {
        "record_id": pa.array([item.record_id or _NO_ID for item in refused], ID),
        **{name: strings([getattr(item, name) for item in refused]) for name in _TEXTS},
        **position_columns(positions),
        "reference": integers([item.reference for item in refused]),
        "occurred_at": instants([item.occurred_at for item in refused]),
        "recorded_at": instants([item.recorded_at for item in refused]),
        "raw": pa.array([item.raw for item in refused], pa.binary()),
        **header_columns([item.headers for item in refused]),
        "record": pa.array([item.record for item in refused], pa.binary()),
        "stored_partition": integers([row[1] for row in rows], pa.uint32()),
        "version": integers([row[2] for row in rows], pa.uint64()),
    }
