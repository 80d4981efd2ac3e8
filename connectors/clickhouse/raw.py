"""Source messages as rows of `raw`: their bytes, unmodified, under their position."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.clickhouse.columns import (
    MILLISECOND,
    Columns,
    flattened,
    integers,
    lists,
    strings,
)


def raw_columns(messages: Sequence[Any], topic_ids: Mapping[str, str]) -> Columns:
    """Columns of client messages; `topic_ids` gives the id of each topic's name.

    Whose a message is becomes known only when it is parsed, so `raw` has no tenant: the levels
    above name it, with this row's position.
    """
    topics = [message.topic() for message in messages]
    return {
        "topic": strings(topics),
        "topic_id": strings([topic_ids[topic] for topic in topics]),
        "source_partition": integers([message.partition() for message in messages], pa.int32()),
        "source_offset": integers([message.offset() for message in messages]),
        "recorded_at": pa.array([message.timestamp()[1] for message in messages], MILLISECOND),
        "key": pa.array([message.key() for message in messages], pa.binary()),
        "value": pa.array([message.value() for message in messages], pa.binary()),
        **header_columns([message.headers() or () for message in messages]),
    }


def header_columns(headers: Sequence[Sequence[tuple[str, bytes | None]]]) -> Columns:
    """Columns of message headers."""
    pairs = flattened(headers)
    values = {
        "name": strings([name for name, _ in pairs]),
        "value": pa.array([value for _, value in pairs], pa.binary()),
    }
    return lists(map(len, headers), values, "headers")
