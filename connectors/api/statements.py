# ruff: noqa: S608 - statements are put together from constants of this file alone
"""What accounts held at past moments and what moved it: folds of the movements in the ledger.

A moment is a time of the ledger: all that was written before it counts, by whatever time it
occurred. So a statement never changes once its end is past, and each begins where the last ended.
An account that has moved has lived on one partition after the other. What stands there is told stay
by stay, as balances lead from one to the next: times of two ledgers tell no order, and a gift may
have reached a home before the account did.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
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
# Where an account was told of, by its versions, which rise wherever it lives.
_HOMES: Final = """
SELECT ledger_partition, ledger_offset FROM accounts
WHERE tenant = {tenant:String} AND account = {account:String}
ORDER BY version, changed_at, ledger_offset, ledger_index
"""
# Which of its stays a line belongs to. What waited where it was still to come belongs to the first
# one there; where it never came, after all others.
_STAY: Final = """if(has({stays:Array(UInt32)}, ledger_partition), greatest(
    arrayLastIndex((home, since) -> home = ledger_partition AND since <= ledger_offset,
        {stays:Array(UInt32)}, {arrivals:Array(UInt64)}),
    indexOf({stays:Array(UInt32)}, ledger_partition)), length({stays:Array(UInt32)}) + 1)"""
_IN_ORDER: Final = "stay, ledger_partition, ledger_offset, ledger_index, change_index"
_IS_TOLD: Final = f"ledger_offset >= {_UNTIL % 'starts'}"
# Where it has lived all the time, what a line left is what the account held. Else money may have
# waited at another home meanwhile, before the statement began too.
_SETTLED: Final = f"SELECT *, 0 AS stay, after AS held FROM ({_MOVED})"
_TRAVELLED: Final = f"""
SELECT *, sum(after - before) OVER (
    PARTITION BY resource, bucket, period_start
    ORDER BY {_IS_TOLD}, {_IN_ORDER} ROWS UNBOUNDED PRECEDING) AS held
FROM (SELECT *, toInt64({_STAY}) AS stay FROM ({_MOVED}))
"""
_PAGE: Final = f"""
SELECT *, toUnixTimestamp64Milli(rated_at) AS written_ms,
    toUnixTimestamp64Micro(occurred_at) AS occurred_us,
    toUnixTimestamp64Micro(period_start) AS start
FROM (%s)
WHERE {_IS_TOLD} AND ({_IN_ORDER}) > (
    {{after_stay:Int64}}, {{after_partition:Int64}}, {{after_offset:Int64}},
    {{after_index:Int64}}, {{after_change:Int64}})
ORDER BY {_IN_ORDER}
LIMIT {{limit:UInt32}}
"""
_OF_ONE_HOME: Final = _PAGE % _SETTLED
_OF_SEVERAL: Final = _PAGE % _TRAVELLED

_ORDER: Final = tuple(_IN_ORDER.split(", "))
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
    page = _OF_ONE_HOME
    if len(partitions) > 1:
        page = _OF_SEVERAL
        asked |= _stays_of(database, tenant, account)
    rows = database.records(page, asked | cursor | {"limit": limit})
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


def _stays_of(database: Database, tenant: str, account: str) -> dict[str, list[int]]:
    """The partitions that the account has lived on, one stay after the other, each since when."""
    told = database.query(_HOMES, {"tenant": tenant, "account": account})
    stays = [next(found) for _, found in groupby(told, key=itemgetter(0))]
    return {"stays": [home for home, _ in stays], "arrivals": [since for _, since in stays]}


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
        balance=trimmed(row["held"]),
        usage_type=row["usage_type"],
        product=row["product"],
        service_id=row["service_id"],
        source=row["source"],
        event_id=row["event_id"],
        record_id=row["record_hex"],
        charged_account=row["charged"],
        position=_place_of(row, _ORDER[1:4]),
    )


def _kind(row: Mapping[str, Any]) -> str:
    """What is made has its kind as usage type, but for prices of units that stay or are settled."""
    kind: str = row["usage_type"]
    is_own = row["is_priceless"] or kind in (FEE, COMMISSION)
    return kind if row["topic_id"] == MADE and is_own else "usage"


def _place_of(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    return "/".join(str(row[column]) for column in columns)


def _cursor(after: str) -> dict[str, int]:
    names = ("stay", "partition", "offset", "index", "change")
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
