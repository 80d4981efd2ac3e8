"""The harmonised container's columns: what every level from `usage` on says about a record."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from connectors.clickhouse.columns import (
    ID,
    Columns,
    decimals,
    flattened,
    instants,
    integers,
    lists,
    maps,
    strings,
    transposed,
)

_RECORD_WIDTH = 14
_POSITION_WIDTH = 4


def container_columns(records: Sequence[Sequence[Any]]) -> Columns:
    """Columns of `UsageRecord`s as msgpack lists, but their source position."""
    columns = transposed(records, _RECORD_WIDTH)
    ids, tenants, sources, events, parts = columns[:5]
    kinds, services, roots, begun, ended, usages, attributes = columns[7:14]
    units, quantities = transposed(flattened(usages), 2)
    return {
        "record_id": pa.array(ids, ID),
        "tenant": strings(tenants),
        "source": strings(sources),
        "event_id": strings(events),
        "part": integers(parts, pa.uint32()),
        "usage_type": strings(kinds),
        "service_id": strings(services),
        "root_hint": strings(roots),
        "occurred_at": instants(begun),
        "ended_at": instants(ended),
        **lists(
            map(len, usages),
            {"unit": strings(units), "quantity": decimals(quantities, "usages.quantity")},
            "usages",
        ),
        "attributes": maps(attributes),
    }


def position_columns(positions: Sequence[Sequence[Any]]) -> Columns:
    """Columns of `SourcePosition`s as msgpack lists."""
    topics, partitions, offsets, indexes = transposed(positions, _POSITION_WIDTH)
    return {
        "topic_id": strings(topics),
        "source_partition": integers(partitions, pa.int32()),
        "source_offset": integers(offsets),
        "source_index": integers(indexes, pa.int32()),
    }
