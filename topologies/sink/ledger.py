"""The ledger's lane: valid ledger records → charges, verdicts, holdings, facts, aggregates."""

import threading
from collections.abc import Sequence
from typing import Final, cast

from connectors.clickhouse.client import Database
from connectors.clickhouse.ledger_rows import LedgerRows
from connectors.clickhouse.positions import (
    Position,
    load_positions,
    other_topic_ids,
    position_rows,
)
from connectors.clickhouse.steps import Frame, StoredStep, decode_frame
from connectors.errors import Corrupted, Unavailable
from connectors.kafka.client import describe_topics
from connectors.kafka.ledger import LedgerFollower, ledger_topic
from connectors.kafka.topics import Topic
from connectors.settings import KafkaSettings
from topologies.follower_metrics import observe_progress
from topologies.sink.lane import gathered, store, until_available

POLL_RECORDS: Final = 64
"""Ledger records taken at once; each holds up to some hundred charges."""

BATCH_ROWS: Final = 50_000
"""Rows that make a batch: the more there are, the fewer rows of holdings and aggregates go with
each charge, and the fewer parts the database has to merge. They wait packed."""

_VALUES_A_CHARGE: Final = 4
"""About as many values of the state change with a charge."""


class LedgerLane:
    """Follows all partitions of the ledger from where the database says it has come."""

    def __init__(self, kafka: KafkaSettings, database: Database) -> None:
        """Raises Unavailable; Corrupted where the database was filled from another ledger."""
        topic = ledger_topic(kafka)
        facts = describe_topics(kafka, [topic]).get(topic)
        if facts is None:
            raise Unavailable(f"topic {topic} does not exist yet")
        self._topic_id = facts.topic_id
        self._database = database
        others = other_topic_ids(database, str(Topic.LEDGER), self._topic_id)
        if others:
            raise Corrupted(
                f"database {database.name} holds what came from another ledger ({others[0]}); "
                f"{topic} is {self._topic_id}: give this one a database of its own"
            )
        self._positions = load_positions(database, str(Topic.LEDGER), self._topic_id)
        start = {
            partition: self._positions.get(partition, Position(-1)).offset
            for partition in range(facts.partitions)
        }
        self._rows = LedgerRows()
        self._follower = LedgerFollower(kafka, start, decode=decode_frame)

    def step(self, stopping: threading.Event) -> int:
        """Store the next batch; the number of ledger records in it. Raises ConnectorError."""
        steps = gathered(self._poll, rows_in, stopping, size_min=BATCH_ROWS)
        if not steps:
            observe_progress("sink", self._follower.progress())
            return 0
        tables = until_available(lambda: self._rows.rows_of(steps, self._database), stopping)
        if tables is None:
            return 0
        positions = {step.partition: Position(step.offset, step.frame.written) for step in steps}
        rows = position_rows(str(Topic.LEDGER), self._topic_id, positions)
        if not store(self._database, tables, rows, stopping):
            return 0
        observe_progress("sink", self._follower.progress())
        return len(steps)

    def _poll(self, timeout_s: float) -> Sequence[StoredStep]:
        found = self._follower.poll(records_max=POLL_RECORDS, timeout_s=timeout_s)
        return [
            StoredStep(
                valid.partition,
                valid.offset,
                valid.timestamp_ms,
                cast(Frame, valid.record),
                valid.size,
            )
            for valid in found
        ]

    def close(self) -> None:
        """Let the connection to the broker go."""
        self._follower.close()


def rows_in(step: StoredStep) -> int:
    """About as many rows as it makes. Steps of commands alone change much and charge nothing."""
    frame = step.frame
    told = frame.charges + len(frame.verdicts) + len(frame.facts)
    return 1 + max(told, len(frame.delta) // _VALUES_A_CHARGE)
