"""Times as the database knows them, and whether what fell due has been done."""

import time
from collections.abc import Mapping
from typing import Final

from connectors.clickhouse.audit.transit import in_transit
from connectors.clickhouse.client import Database
from connectors.clickhouse.commands import command_of
from connectors.clickhouse.positions import Position, load_positions
from connectors.errors import Unavailable
from connectors.kafka.topics import Topic
from streams.model.command import AdvanceClock, Tick
from streams.model.instant import Instant
from streams.model.ledger import WHOLE

_ADVANCES: Final = """
SELECT charging_partition, body FROM commands FINAL
WHERE tenant = {tenant:String} AND kind = 'AdvanceClock'
    AND concat('clock/', command_id, '/', toString(charging_partition)) NOT IN
        (SELECT event_id FROM verdicts FINAL
         WHERE tenant = {tenant:String} AND usage_type = 'clock')
"""
_TICK: Final = """
SELECT body FROM commands FINAL
WHERE tenant = '' AND account = '' AND charging_partition = {partition:UInt32} AND kind = 'Tick'
    AND (charging_offset, charging_index) <= (
        SELECT argMax((written_offset, written_index), version) FROM positions
        WHERE topic = {topic:String} AND partition = {partition:UInt32})
ORDER BY charging_offset DESC, charging_index DESC LIMIT 1
"""
_FOLDS: Final = "FoldPeriods"
_POLL_S: Final = 0.1


def own_times_of(database: Database, tenant: str) -> dict[int, Instant]:
    """By partition the time that the tenant's has been advanced to; nothing where it never was."""
    found: dict[int, Instant] = {}
    for partition, body in database.query(_ADVANCES, {"tenant": tenant}, as_bytes=("body",)):
        command = command_of(body)
        assert isinstance(command, AdvanceClock)
        found[partition] = max(found.get(partition, command.at), command.at)
    return found


def time_of_partition(database: Database, tenant: str, partition: int) -> Instant:
    """The tenant's time on a partition, as of what is stored of the ledger; 0 before any tick."""
    named = {"partition": partition, "topic": str(Topic.LEDGER)}
    time = 0
    for (body,) in database.query(_TICK, named, as_bytes=("body",)):
        tick = command_of(body)
        assert isinstance(tick, Tick)
        time = tick.at
    return own_times_of(database, tenant).get(partition, time)


def await_folded(
    database: Database, offsets: Mapping[int, int], *, ledger_id: str, within_s: float
) -> None:
    """Wait until all up to these offsets of `charging` is stored, with what came of it.

    That is the accounts that were left to later messages, and what partitions tell each other.
    Raises Unavailable where that takes longer than `within_s`.
    """
    until = time.monotonic() + within_s
    while behind := _behind(database, offsets, ledger_id):
        _wait(until, f"not stored yet: partitions {behind}")
    # What is told may lead to something else that is told: once more is enough for a tier.
    for _ in range(2):
        sent = {(each.sender, each.message_id) for each in in_transit(database)}
        while True:
            left = list(in_transit(database))
            here = {(each.sender, each.message_id) for each in left}
            if not sent & here and all(each.kind != _FOLDS for each in left):
                break
            _wait(until, f"{len(left)} messages are still on their way")


def _behind(database: Database, offsets: Mapping[int, int], ledger_id: str) -> list[int]:
    stored = load_positions(database, str(Topic.LEDGER), ledger_id)
    return [
        partition
        for partition, offset in sorted(offsets.items())
        if stored.get(partition, Position(-1)).written < (offset, WHOLE)
    ]


def _wait(until: float, why: str) -> None:
    if time.monotonic() > until:
        raise Unavailable(why)
    time.sleep(_POLL_S)
