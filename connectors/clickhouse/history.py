"""An account's history out of ClickHouse alone: every input that charged it, in the ledger's order.

With it the account can be folded again once the ledger is trimmed: the charged records in full, and
between them, at their places, the commands that changed the account, its services, its catalog and
the partition's time. Charges that no source sent are left out: the fold makes them again. What was
refused or repeated changed nothing and is left out too; a record that was suspended first stands
where it was charged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge
from typing import Any, Final

from connectors.clickhouse.client import Database
from connectors.clickhouse.commands import command_of
from connectors.errors import Corrupted
from streams.model.command import Command
from streams.model.instant import instant_of
from streams.model.money import Quantity
from streams.model.usage import SourcePosition, Usage, UsageRecord

_PARTITIONS: Final = """
SELECT ledger_partition, any(root) FROM (
    SELECT ledger_partition, root FROM accounts FINAL
    WHERE tenant = {tenant:String} AND account = {account:String}
)
GROUP BY ledger_partition ORDER BY ledger_partition
"""
_CHARGES: Final = """
SELECT * FROM rated FINAL
WHERE tenant = {tenant:String} AND account = {account:String}
    AND ledger_partition = {partition:UInt32} AND topic_id != 'made'
ORDER BY ledger_offset, ledger_index
"""
_COMMANDS: Final = """
SELECT charging_offset, charging_index, ledger_offset, ledger_index, body FROM commands FINAL
WHERE charging_partition = {partition:UInt32} AND (
    kind IN ('Tick', 'FoldPeriods') OR tenant = {tenant:String} AND (
        account = {account:String} OR kind IN ('ActivateCatalog', 'AdvanceClock', 'PutPartnerTier')
        OR kind IN ('EndService', 'ChargingRequest', 'PutBudget', 'RemoveBudget')
            AND root = {root:String}))
    AND kind NOT IN ('Forwarded', 'Released', 'Receipt', 'DiscardSuspended')
ORDER BY charging_offset, charging_index, ledger_offset, ledger_index
"""

Place = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One input: a charged record with the position it came from, or a command.

    `place` is (offset, index) in `charging[partition]`; then, of a request, which follows that
    input, its offset in the ledger; then the index of a charge or a request in its ledger record.
    `version` is the catalog version that a charge was made by.
    """

    partition: int
    place: Place
    entry: UsageRecord | Command
    position: SourcePosition | None
    version: str = ""


def account_history(database: Database, *, tenant: str, account: str) -> Iterator[Entry]:
    """All inputs of an account, partition by partition, each in its order.

    Raises Corrupted where a charge does not say which input it came from.
    """
    named = {"tenant": tenant, "account": account}
    for partition, root in database.query(_PARTITIONS, named):
        here = named | {"partition": partition, "root": root}
        charges = [_charge(partition, row) for row in database.records(_CHARGES, here)]
        charges.sort(key=_place)
        commands = (
            Entry(partition, tuple(place), command_of(body), None)
            for *place, body in database.query(_COMMANDS, here, as_bytes=("body",))
        )
        yield from merge(charges, commands, key=_place)


def _place(entry: Entry) -> Place:
    return entry.place


def _charge(partition: int, row: Mapping[str, Any]) -> Entry:
    if row["charging_offset"] < 0:
        raise Corrupted(
            f"charge {partition}/{row['ledger_offset']}/{row['ledger_index']} does not say which"
            " input it came from"
        )
    position = SourcePosition(
        row["topic_id"], row["source_partition"], row["source_offset"], row["source_index"]
    )
    place = (row["charging_offset"], row["charging_index"], 0, row["ledger_index"])
    return Entry(partition, place, record_of(row), position, row["catalog_version"])


def record_of(row: Mapping[str, Any]) -> UsageRecord:
    """The harmonised record of a row of `rated` or `verdicts`."""
    return UsageRecord(
        record_id=row["record_id"],
        tenant=row["tenant"],
        source=row["source"],
        event_id=row["event_id"],
        part=row["part"],
        offset=row["source_offset"],
        index=row["source_index"],
        usage_type=row["usage_type"],
        service_id=row["service_id"],
        root=row["root_hint"],
        occurred_at=instant_of(row["occurred_at"]),
        ended_at=instant_of(row["ended_at"]),
        usages=tuple(
            Usage(unit, _quantity(quantity))
            for unit, quantity in zip(row["usages.unit"], row["usages.quantity"], strict=True)
        ),
        attributes=dict(row["attributes"]),
    )


def _quantity(stored: Decimal) -> Quantity:
    """A count comes back as the `int` it was; a fraction without its trailing zeros."""
    whole = int(stored)
    return whole if whole == stored else stored.normalize()
