"""How far a consumer is on the partitions that it follows, as far as it knows without asking."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Progress(NamedTuple):
    """One partition: the next offset to be read, and how many there are from it on."""

    topic: str
    partition: int
    position: int
    lag: int


def progress_of(consumer: Any) -> Iterator[Progress]:
    """Of each partition that anything was read of; ends are those of the last fetch."""
    for place in consumer.position(consumer.assignment()):
        _, end = consumer.get_watermark_offsets(place, cached=True)
        if place.offset >= 0 and end >= 0:
            yield Progress(place.topic, place.partition, place.offset, max(0, end - place.offset))
