"""The cut of an audit: offsets below which everything is decided and stored."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.clickhouse.client import Database
from connectors.clickhouse.positions import Position, load_positions
from connectors.errors import Unavailable
from connectors.kafka.marks import Mark, Place
from connectors.kafka.topics import Topic

_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Cut:
    """`sources`: by topic id and partition, the offset below which every message is decided;
    `ledger`: by partition, the last valid record that is stored; `unread`: messages beyond."""

    sources: Mapping[tuple[str, int], int]
    ledger: Mapping[int, int]
    unread: int = 0

    def named(self) -> dict[str, Any]:
        """The cut as it is printed."""
        return {
            "sources": [
                {"topic_id": topic_id, "partition": partition, "offset": offset}
                for (topic_id, partition), offset in sorted(self.sources.items())
            ],
            "ledger": {str(partition): offset for partition, offset in sorted(self.ledger.items())},
        }


def await_cut(database: Database, mark: Mark, *, ledger_id: str, within_s: float) -> Cut:
    """Wait until the database holds everything below the mark.

    Raises Unavailable, naming what is behind, where that takes longer than `within_s`.
    """
    until = time.monotonic() + within_s
    while True:
        ledger = load_positions(database, str(Topic.LEDGER), ledger_id)
        behind = _behind(database, mark, ledger)
        if not behind:
            sources = {(place.topic_id, place.partition): place.offset for place in mark.read}
            reached = {partition: position.offset for partition, position in ledger.items()}
            return Cut(sources, reached, mark.unread)
        if time.monotonic() > until:
            raise Unavailable(
                f"no cut within {within_s:.0f} s, still to come: {'; '.join(behind[:5])}"
            )
        time.sleep(_POLL_S)


def _behind(database: Database, mark: Mark, ledger: Mapping[int, Position]) -> list[str]:
    stored: dict[tuple[str, str], dict[int, Position]] = {}
    found: list[str] = []
    for place in (*mark.read, *mark.written):
        key = (place.topic, place.topic_id)
        if key not in stored:
            stored[key] = load_positions(database, *key)
        reached = stored[key].get(place.partition, Position(0)).offset
        if reached < place.offset:
            found.append(f"{place.topic}[{place.partition}] stored {reached} of {place.offset}")
        if place.topic == Topic.CHARGING:
            found += _uncharged(place, ledger)
    return found


def _uncharged(place: Place, ledger: Mapping[int, Position]) -> list[str]:
    written = ledger.get(place.partition, Position(-1)).written[0] + 1
    if written >= place.offset:
        return []
    return [f"charging[{place.partition}] charged and stored {written} of {place.offset}"]
