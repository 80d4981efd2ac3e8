# ruff: noqa: S608 - statements are put together from constants of this file alone
"""What accounts held at past moments and what moved it: folds of the movements in the ledger.

A moment is a time of the ledger: all that was written before it counts, by whatever time it
occurred. So a statement never changes once its end is past, and each begins where the last ended.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.api.answers import (
    HeldAnswer,
    LedgerPosition,
    MovementAnswer,
    PastBalanceAnswer,
    StatementPage,
)
from connectors.api.queries import PAGE_MAX, shown_bound
from connectors.clickhouse.client import Database
from connectors.errors import Refused
from streams.due.arrive import MOVED_IN
from streams.due.commission import COMMISSION
from streams.model.fee import FEE
from streams.model.instant import Instant, format_instant
from streams.model.money import trimmed
from streams.model.usage import MADE

_PARTITIONS: Final = """
SELECT DISTINCT ledger_partition FROM balances
WHERE tenant = {tenant:String} AND account = {account:String}
ORDER BY ledger_partition
"""
_REACHED: Final = """
SELECT ledger_partition, max(ledger_offset) + 1 AS until FROM steps
WHERE ledger_partition IN {partitions:Array(UInt32)}
    AND ({at:Int64} = 0 OR written_at < fromUnixTimestamp64Micro({at:Int64}))
GROUP BY ledger_partition
"""
_COLUMNS: Final = """
    account AS charged, ledger_partition, ledger_offset, ledger_index, rated_at, occurred_at,
    usage_type, product, service_id, source, event_id, topic_id,
    lower(hex(record_id)) AS record_hex, empty(lines.rule) AS is_priceless,
    arrayZip(changes.resource, changes.bucket, changes.period_start, changes.before, changes.after,
        changes.account, arrayEnumerate(changes.resource)) AS changed
"""
_UNTIL: Final = "transform(ledger_partition, {partitions:Array(UInt32)}, {%s:Array(UInt64)}, 0)"
# Buckets of this account that another one of its root used stand in rows of that one.
_MOVED: Final = f"""
SELECT *, change.1 AS resource, change.2 AS bucket, change.3 AS period_start, change.4 AS before,
    change.5 AS after, change.7 AS change_index
FROM (
    SELECT {_COLUMNS} FROM rated FINAL
    WHERE tenant = {{tenant:String}} AND account = {{account:String}}
        AND ledger_offset < {_UNTIL % "ends"}
    UNION ALL
    SELECT {_COLUMNS} FROM rated FINAL
    WHERE tenant = {{tenant:String}} AND has(changes.account, {{account:String}})
        AND account != {{account:String}} AND ledger_offset < {_UNTIL % "ends"}
)
ARRAY JOIN changed AS change
WHERE before != after AND if(change.6 = '', charged, change.6) = {{account:String}}
"""
_HELD: Final = f"""
SELECT resource, bucket, toUnixTimestamp64Micro(period_start) AS start,
    sumIf(after - before, ledger_offset < {_UNTIL % "starts"}) AS opening,
    sum(after - before) AS closing
FROM ({_MOVED})
GROUP BY resource, bucket, start
ORDER BY resource, start, bucket
"""
# An account that has moved has lived on one partition after the other: they follow by time. In one
# millisecond, what stands where it has arrived comes after what stands where it was.
_PLACED: Final = f"""
SELECT *, if(length({{partitions:Array(UInt32)}}) = 1, 0, toUnixTimestamp64Milli(rated_at)) AS told,
    max(usage_type = '{MOVED_IN}') OVER (PARTITION BY ledger_partition, rated_at) AS has_arrived
FROM ({_MOVED})
WHERE ledger_offset >= {_UNTIL % "starts"}
"""
_PAGE: Final = f"""
SELECT *, toUnixTimestamp64Milli(rated_at) AS written_ms,
    toUnixTimestamp64Micro(occurred_at) AS occurred_us,
    toUnixTimestamp64Micro(period_start) AS start
FROM ({_PLACED})
WHERE (told, has_arrived, ledger_partition, ledger_offset, ledger_index, change_index) > (
    {{after_told:Int64}}, {{after_arrived:Int64}}, {{after_partition:Int64}},
    {{after_offset:Int64}}, {{after_index:Int64}}, {{after_change:Int64}})
ORDER BY told, has_arrived, ledger_partition, ledger_offset, ledger_index, change_index
LIMIT {{limit:UInt32}}
"""

_ORDER: Final = (
    "told",
    "has_arrived",
    "ledger_partition",
    "ledger_offset",
    "ledger_index",
    "change_index",
)
"""What a statement is in the order of."""

Positions = Mapping[int, int]
"""By partition, the offset below which the ledger counts."""


def balance_at(
    database: Database,
    tenant: str,
    account: str,
    *,
    at: Instant = 0,
    as_of: Positions | None = None,
) -> PastBalanceAnswer | None:
    """What an account held before `at`, or at ledger positions; None where it never held anything.

    Of partitions that `as_of` does not name nothing counts. Raises Unavailable.
    """
    partitions = _partitions_of(database, tenant, account)
    if not partitions:
        return None
    until = as_of if as_of is not None else _reached(database, partitions, at)
    held = _held(database, _asked(tenant, account, partitions, {}, until))
    return PastBalanceAnswer(
        tenant=tenant,
        account=account,
        at=format_instant(at) if at else "",
        ledger=_places(until),
        buckets=[_bucket(row, "closing") for row in held if row["closing"]],
    )


def statement_page(  # noqa: PLR0913 - whose statement, of when, and which page of it
    database: Database,
    tenant: str,
    account: str,
    *,
    start: Instant = 0,
    end: Instant = 0,
    limit: int = 100,
    after: str = "",
) -> StatementPage | None:
    """Movements written from `start` on and before `end` (0: no bound), from `after` on.

    None where the account never held anything. Raises Unavailable, Refused for an `after` that no
    page gave.
    """
    cursor = _cursor(after)
    partitions = _partitions_of(database, tenant, account)
    if not partitions:
        return None
    since = _reached(database, partitions, start) if start else {}
    until = _reached(database, partitions, end)
    asked = _asked(tenant, account, partitions, since, until)
    held = _held(database, asked)
    limit = min(limit, PAGE_MAX)
    rows = database.records(_PAGE, asked | cursor | {"limit": limit})
    return StatementPage(
        tenant=tenant,
        account=account,
        start=format_instant(start) if start else "",
        end=format_instant(end) if end else "",
        ledger=_places(until),
        opening=[_bucket(row, "opening") for row in held if row["opening"]],
        closing=[_bucket(row, "closing") for row in held if row["closing"]],
        movements=[_movement(row) for row in rows],
        next=_place_of(rows[-1], _ORDER) if len(rows) == limit else "",
    )


def _partitions_of(database: Database, tenant: str, account: str) -> list[int]:
    rows = database.query(_PARTITIONS, {"tenant": tenant, "account": account})
    return [partition for (partition,) in rows]


def _reached(database: Database, partitions: Sequence[int], at: Instant) -> dict[int, int]:
    """Where the ledger stood at a time (0: as far as it is stored). Steps are stored last, so
    whatever they name is there."""
    return dict(database.query(_REACHED, {"partitions": partitions, "at": at}))


def _asked(
    tenant: str, account: str, partitions: Sequence[int], since: Positions, until: Positions
) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "account": account,
        "partitions": partitions,
        "starts": [since.get(partition, 0) for partition in partitions],
        "ends": [until.get(partition, 0) for partition in partitions],
    }


def _held(database: Database, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    return database.records(_HELD, asked)


def _places(until: Positions) -> list[LedgerPosition]:
    return [
        LedgerPosition(partition=partition, offset=end - 1)
        for partition, end in sorted(until.items())
    ]


def _bucket(row: Mapping[str, Any], moment: str) -> HeldAnswer:
    return HeldAnswer(
        resource=row["resource"],
        bucket=row["bucket"],
        period_start=shown_bound(row["start"]),
        remaining=trimmed(row[moment]),
    )


def _movement(row: Mapping[str, Any]) -> MovementAnswer:
    return MovementAnswer(
        kind=_kind(row),
        occurred_at=format_instant(row["occurred_us"]),
        written_at=format_instant(row["written_ms"] * 1000),
        resource=row["resource"],
        bucket=row["bucket"],
        period_start=shown_bound(row["start"]),
        amount=trimmed(row["after"] - row["before"]),
        balance=trimmed(row["after"]),
        usage_type=row["usage_type"],
        product=row["product"],
        service_id=row["service_id"],
        source=row["source"],
        event_id=row["event_id"],
        record_id=row["record_hex"],
        charged_account=row["charged"],
        position=_place_of(row, _ORDER[2:5]),
    )


def _kind(row: Mapping[str, Any]) -> str:
    """What is made has its kind as usage type, but for prices of units that stay or are settled."""
    kind: str = row["usage_type"]
    is_own = row["is_priceless"] or kind in (FEE, COMMISSION)
    return kind if row["topic_id"] == MADE and is_own else "usage"


def _place_of(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    return "/".join(str(row[column]) for column in columns)


def _cursor(after: str) -> dict[str, int]:
    names = ("told", "arrived", "partition", "offset", "index", "change")
    try:
        numbers = list(map(int, after.split("/"))) if after else [-1] * len(names)
        return {f"after_{name}": number for name, number in zip(names, numbers, strict=True)}
    except ValueError as error:
        raise Refused(f"`after` is {after!r}: take it from `next` of the page before") from error


def position_of(text: str) -> tuple[int, int]:
    """`PARTITION/OFFSET`, as answers name a ledger position. Raises Refused."""
    partition, _, offset = text.partition("/")
    if not (partition.isdecimal() and offset.isdecimal() and text.isascii()) or len(text) > 30:
        raise Refused(f"{text!r} is no ledger position, such as 3/1042")
    return int(partition), int(offset)
