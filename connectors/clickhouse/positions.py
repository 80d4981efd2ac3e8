"""How far each reader of the sink has come: stored beside what it stored, after it.

A position says that everything below is in the tables. It may lag behind (then rows are inserted
again, which changes nothing) but never lead.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import pyarrow as pa

from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import integers, strings

_LOAD: Final = """
SELECT partition, offset, written_offset, written_index
FROM positions FINAL
WHERE topic = {topic:String} AND topic_id = {topic_id:String}
"""
_OTHERS: Final = """
SELECT DISTINCT topic_id FROM positions
WHERE topic = {topic:String} AND topic_id != {topic_id:String}
"""


class Position(NamedTuple):
    """The offset reached: of the ledger, the last valid record (-1 for none) and the last input
    of `charging` that it covers; of any other topic, the next message."""

    offset: int
    written: tuple[int, int] = (-1, -1)


def load_positions(database: Database, topic: str, topic_id: str) -> dict[int, Position]:
    """By partition: where to go on; nothing for a partition that was never read."""
    rows = database.query(_LOAD, {"topic": topic, "topic_id": topic_id})
    return {partition: Position(offset, (at, index)) for partition, offset, at, index in rows}


def other_topic_ids(database: Database, topic: str, topic_id: str) -> list[str]:
    """Ids of earlier topics of this name whose contents the database holds."""
    rows = database.query(_OTHERS, {"topic": topic, "topic_id": topic_id})
    return [found for (found,) in rows]


def position_rows(topic: str, topic_id: str, positions: Mapping[int, Position]) -> pa.Table:
    """Rows of `positions`; the highest offset of a partition wins."""
    held = list(positions.values())
    return pa.table(
        {
            "topic": strings([topic] * len(held)),
            "topic_id": strings([topic_id] * len(held)),
            "partition": integers(list(positions), pa.uint32()),
            "offset": integers([position.offset for position in held]),
            "written_offset": integers([position.written[0] for position in held]),
            "written_index": integers([position.written[1] for position in held], pa.int32()),
            "version": integers([position.offset + 1 for position in held], pa.uint64()),
        }
    )
