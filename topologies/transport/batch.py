"""What an agent is given: all records of one fetch of one partition, as one event."""

from collections.abc import Sequence
from typing import Any

from faust.types.tuples import ConsumerMessage


class Batch:
    """Raw records of one partition in offset order, taken in one fetch.

    `records` are the client's own (offset, timestamp in ms, key, value, headers); `generation` is
    the consumer group's at the time of the fetch.
    """

    __slots__ = ("first_offset", "generation", "last_offset", "partition", "records", "topic")

    def __init__(self, *, topic: str, partition: int, records: Sequence[Any], generation: int):
        assert records
        self.topic = topic
        self.partition = partition
        self.records = records
        self.generation = generation
        self.first_offset: int = records[0].offset
        self.last_offset: int = records[-1].offset

    def offsets(self) -> list[int]:
        """The offset of each record."""
        return [record.offset for record in self.records]

    def values(self) -> list[bytes]:
        """The bytes of each record; empty where the record has none."""
        return [record.value or b"" for record in self.records]

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        span = f"{self.first_offset}..{self.last_offset}"
        return f"Batch({self.topic}[{self.partition}] {span}, {len(self)} records)"


class BatchMessage(ConsumerMessage):  # type: ignore[misc]
    """Faust's message around a `Batch`; its offset is the last of the batch."""

    value: Batch
