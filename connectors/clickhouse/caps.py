"""Caps that accounts share: what partitions hold of them, stored, and the sums of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
import pyarrow as pa
from msgspec import Struct

from connectors.clickhouse.client import Database
from connectors.clickhouse.columns import (
    MILLISECOND,
    Columns,
    bounds,
    decimals,
    integers,
    strings,
)
from connectors.clickhouse.holdings import Held
from streams.caps.slices import named
from streams.model.instant import Instant, format_instant
from streams.model.money import trimmed
from streams.model.shared_cap import CapSlice

_decode = msgspec.msgpack.Decoder(CapSlice).decode
_AMOUNTS: Final = ("most", "granted", "used", "reserved", "beyond")
_SUMS: Final = """
SELECT cap, toUnixTimestamp64Micro(period_start) AS start_us,
    toUnixTimestamp64Micro(any(period_end)) AS end_us, argMax(most, changed_at) AS most,
    sum(used) AS used, sum(reserved) AS reserved, sum(beyond) AS beyond,
    groupArraySorted(10000)((ledger_partition, through)) AS places
FROM (SELECT * FROM shared_caps FINAL WHERE tenant = {tenant:String}
    AND ({cap:String} = '' OR cap = {cap:String} OR startsWith(cap, concat({cap:String}, '/'))))
WHERE period_start <= fromUnixTimestamp64Micro({at:Int64}, 'UTC')
    AND period_end > fromUnixTimestamp64Micro({at:Int64}, 'UTC')
GROUP BY cap, period_start ORDER BY cap, period_start
"""


class CapPlace(Struct, frozen=True, kw_only=True):
    """A ledger position that a partition's part is as of."""

    partition: int
    offset: int


class CapAnswer(Struct, frozen=True, kw_only=True):
    """A cap in a period: what all accounts have used of it, and what running sessions may use.

    `beyond` has happened although nothing was left. `ledger` names the position of each partition's
    part.
    """

    cap: str
    period_start: str
    period_end: str
    most: Decimal
    used: Decimal
    reserved: Decimal
    beyond: Decimal
    ledger: tuple[CapPlace, ...]


def cap_columns(held: Mapping[tuple[int, bytes], Held]) -> Columns:
    """Rows of `shared_caps`. What has left the state stays as it was last."""
    kept = [
        (partition, named(key[1:]), _decode(each.value), each.step)
        for (partition, key), each in held.items()
        if each.value is not None
    ]
    slices = [each for _, _, each, _ in kept]
    steps = [step for *_, step in kept]
    amounts = {
        name: decimals([f"{getattr(each, name):f}" for each in slices], f"shared_caps.{name}")
        for name in _AMOUNTS
    }
    return {
        "tenant": strings([tenant for _, (tenant, _, _), _, _ in kept]),
        "cap": strings([cap for _, (_, cap, _), _, _ in kept]),
        "period_start": bounds([start for _, (_, _, start), _, _ in kept]),
        "period_end": bounds([each.end for each in slices]),
        "ledger_partition": integers([partition for partition, *_ in kept], pa.uint32()),
        **amounts,
        "changed_at": pa.array([step.written_at_ms for step in steps], MILLISECOND),
        "through": integers([step.offset for step in steps], pa.uint64()),
    }


def cap_sums(database: Database, tenant: str, *, at: Instant, cap: str = "") -> list[CapAnswer]:
    """The caps of a tenant in the periods that hold an instant; of one, all its groups.

    Raises Unavailable.
    """
    rows = database.records(_SUMS, {"tenant": tenant, "cap": cap, "at": at})
    return [_answer(row) for row in rows]


def _answer(row: Mapping[str, Any]) -> CapAnswer:
    return CapAnswer(
        cap=row["cap"],
        period_start=format_instant(row["start_us"]),
        period_end=format_instant(row["end_us"]),
        most=trimmed(row["most"]),
        used=trimmed(row["used"]),
        reserved=trimmed(row["reserved"]),
        beyond=trimmed(row["beyond"]),
        ledger=tuple(CapPlace(partition=p, offset=offset) for p, offset in row["places"]),
    )
