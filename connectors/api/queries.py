# ruff: noqa: S608 - statements are put together from constants of this file alone
"""Questions to ClickHouse that the door and the commands share; answers are values."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.api.answers import (
    AccountAnswer,
    AssignmentAnswer,
    BalanceAnswer,
    BillingProfileAnswer,
    BucketAnswer,
    DatedAttributeAnswer,
    LedgerPosition,
    StatusAnswer,
    SuspendedAnswer,
    SuspenseCount,
    SuspensePage,
    TotalAnswer,
)
from connectors.clickhouse.bill_units import BILLING, billing_of
from connectors.clickhouse.client import Database
from connectors.errors import Refused
from streams.model.billing import BillingProfile
from streams.model.instant import SECOND, format_instant
from streams.model.money import trimmed
from streams.model.time_unit import WEEKDAYS

PAGE_MAX: Final = 1_000

_BALANCES: Final = """
SELECT ledger_partition, through, toUnixTimestamp64Milli(changed_at) AS changed_ms,
    buckets.resource AS resources,
    arrayMap(at -> toUnixTimestamp64Micro(at), buckets.period_start) AS starts,
    arrayMap(at -> toUnixTimestamp64Micro(at), buckets.period_end) AS ends,
    buckets.granted AS granted, buckets.remaining AS remaining, buckets.id AS ids,
    buckets.priority AS priorities, buckets.products AS products, buckets.reserved AS reserved
FROM balances FINAL
WHERE tenant = {tenant:String} AND account = {account:String} AND NOT is_deleted
"""
_TOTALS: Final = """
SELECT totals.accumulator AS accumulators,
    arrayMap(at -> toUnixTimestamp64Micro(at), totals.period_start) AS starts,
    arrayMap(at -> toUnixTimestamp64Micro(at), totals.period_end) AS ends,
    totals.total AS totals, aggregate
FROM accumulators FINAL
WHERE tenant = {tenant:String} AND account = {account:String} AND NOT is_deleted
ORDER BY ledger_partition, tally
"""
_ACCOUNT: Final = f"""
SELECT root, payment, currency, time_zone, credit_limit, attributes, version, ledger_partition,
    ledger_offset, statuses.status AS statuses,
    arrayMap(at -> toUnixTimestamp64Micro(at), statuses.start_at) AS status_starts, {BILLING}
FROM accounts
WHERE tenant = {{tenant:String}} AND account = {{account:String}}
ORDER BY version DESC, ledger_offset DESC LIMIT 1
"""
_SERVICES: Final = """
SELECT service_id, assignment.1 AS subscription, assignment.2 AS price_plan,
    toUnixTimestamp64Micro(assignment.3) AS start_at,
    toUnixTimestamp64Micro(assignment.4) AS end_at, assignment.6 AS supplements
FROM
(
    SELECT service_id, argMax(arrayZip(
        assignments.subscription, assignments.price_plan, assignments.start_at,
        assignments.end_at, assignments.account, assignments.supplements), ledger_offset) AS newest
    FROM services
    WHERE tenant = {tenant:String} AND service_id IN
    (
        SELECT service_id FROM services
        WHERE tenant = {tenant:String} AND has(assignments.account, {account:String})
    )
    GROUP BY service_id, ledger_partition
)
ARRAY JOIN newest AS assignment
WHERE assignment.5 = {account:String}
ORDER BY service_id, start_at
"""
_DATED: Final = """
SELECT service_id, item.1 AS name, item.2 AS value, item.3 AS subscription,
    toUnixTimestamp64Micro(item.4) AS start_at, toUnixTimestamp64Micro(item.5) AS end_at
FROM
(
    SELECT '' AS service_id, argMax(arrayZip(
        dated.name, dated.value, dated.subscription, dated.start_at, dated.end_at),
        (version, ledger_offset)) AS newest
    FROM accounts
    WHERE tenant = {tenant:String} AND account = {account:String}
    UNION ALL
    SELECT service_id, argMax(arrayZip(
        dated.name, dated.value, dated.subscription, dated.start_at, dated.end_at),
        (version, ledger_offset)) AS newest
    FROM services
    WHERE tenant = {tenant:String} AND service_id IN
    (
        SELECT service_id FROM services
        WHERE tenant = {tenant:String} AND has(assignments.account, {account:String})
    )
    GROUP BY service_id
)
ARRAY JOIN newest AS item
ORDER BY service_id, subscription, name, start_at
"""
_SUSPENDED: Final = """
SELECT lower(hex(record_id)) AS record_hex, tenant, state, code, stage, detail, lacks, source,
    event_id, service_id, toUnixTimestamp64Micro(occurred_at) AS occurred_us,
    concat(topic_id, '/', toString(source_partition), '/', toString(source_offset), '/',
        toString(source_index)) AS position
FROM suspense FINAL
WHERE tenant = {tenant:String}
    AND ({state:String} = '' OR state = {state:String})
    AND ({code:String} = '' OR code = {code:String})
    AND ({service_id:String} = '' OR service_id = {service_id:String})
    AND ({record_id:String} = '' OR record_id = unhex({record_id:String}))
    AND (record_id, topic_id, source_partition, source_offset, source_index) > (
        unhex({after_id:String}), {after_topic:String}, {after_partition:Int64},
        {after_offset:Int64}, {after_index:Int64})
ORDER BY record_id, topic_id, source_partition, source_offset, source_index
LIMIT {limit:UInt32}
"""
_COUNTS: Final = """
SELECT state, code, count() AS records
FROM suspense FINAL
WHERE {tenant:String} = '' OR tenant = {tenant:String}
GROUP BY state, code
ORDER BY state, code
"""

_BEGINNING_US: Final = -2_208_988_800_000_000
_END_OF_TIME_US: Final = 7_000_000_000_000_000
"""The database's years begin with 1900; beyond 2191 stands only 'no end'."""


def shown_bound(instant: int) -> str:
    """A start or an end of a period as it is told; empty where there is none."""
    return format_instant(instant) if _BEGINNING_US < instant < _END_OF_TIME_US else ""


def balance_of(database: Database, tenant: str, account: str) -> BalanceAnswer | None:
    """The balances of an account; None where it never had any. Raises Unavailable."""
    whose = {"tenant": tenant, "account": account}
    rows = database.records(_BALANCES, whose)
    if not rows:
        return None
    return BalanceAnswer(
        tenant=tenant,
        account=account,
        ledger=[
            LedgerPosition(partition=row["ledger_partition"], offset=row["through"]) for row in rows
        ],
        changed_at=format_instant(max(row["changed_ms"] for row in rows) * 1000),
        buckets=[bucket for row in rows for bucket in _buckets(row)],
        totals=[total for row in database.records(_TOTALS, whose) for total in _totals(row)],
    )


def _buckets(row: Mapping[str, Any]) -> list[BucketAnswer]:
    names = (
        *("resources", "starts", "ends", "granted", "remaining"),
        *("ids", "priorities", "products", "reserved"),
    )
    return [
        BucketAnswer(
            resource=resource,
            period_start=shown_bound(start),
            period_end=shown_bound(end),
            granted=trimmed(granted),
            remaining=trimmed(remaining),
            id=bucket,
            priority=priority,
            products=products,
            reserved=trimmed(reserved),
        )
        for resource, start, end, granted, remaining, bucket, priority, products, reserved in zip(
            *(row[name] for name in names), strict=True
        )
    ]


def _totals(row: Mapping[str, Any]) -> list[TotalAnswer]:
    columns = (row["accumulators"], row["starts"], row["ends"], row["totals"])
    return [
        TotalAnswer(
            accumulator=name,
            period_start=shown_bound(start),
            period_end=shown_bound(end),
            total=trimmed(total),
            aggregate=row["aggregate"],
        )
        for name, start, end, total in zip(*columns, strict=True)
    ]


def _profile(profile: BillingProfile) -> BillingProfileAnswer:
    cycle = profile.cycle
    return BillingProfileAnswer(
        start=shown_bound(profile.start),
        unit=cycle.unit,
        every=cycle.every,
        day=cycle.day,
        weekday=WEEKDAYS[cycle.weekday],
        anchor="" if cycle.anchor is None else format_instant(cycle.anchor),
        time_zone=cycle.time_zone,
        grace_s=profile.grace // SECOND,
    )


def account_of(database: Database, tenant: str, account: str) -> AccountAnswer | None:
    """An account and its service ids; None where it is not known. Raises Unavailable."""
    whose = {"tenant": tenant, "account": account}
    rows = database.records(_ACCOUNT, whose)
    if not rows:
        return None
    (row,) = rows
    return AccountAnswer(
        tenant=tenant,
        account=account,
        root=row["root"],
        payment=row["payment"],
        currency=row["currency"],
        time_zone=row["time_zone"],
        credit_limit=None if row["credit_limit"] is None else trimmed(row["credit_limit"]),
        attributes=row["attributes"],
        statuses=[
            StatusAnswer(status=status, start=shown_bound(start))
            for status, start in zip(row["statuses"], row["status_starts"], strict=True)
        ],
        billing=[_profile(each) for each in billing_of(row).profiles],
        dated=[
            DatedAttributeAnswer(
                name=each["name"],
                value=each["value"],
                start=shown_bound(each["start_at"]),
                end=shown_bound(each["end_at"]),
                subscription=each["subscription"],
                service_id=each["service_id"],
            )
            for each in database.records(_DATED, whose)
        ],
        version=row["version"],
        ledger=LedgerPosition(partition=row["ledger_partition"], offset=row["ledger_offset"]),
        services=[
            AssignmentAnswer(
                service_id=service["service_id"],
                subscription=service["subscription"],
                price_plan=service["price_plan"],
                supplements=service["supplements"],
                start=shown_bound(service["start_at"]),
                end=shown_bound(service["end_at"]),
            )
            for service in database.records(_SERVICES, whose)
        ],
    )


def suspense_page(
    database: Database, tenant: str, *, limit: int = 100, after: str = "", **wanted: str
) -> SuspensePage:
    """Suspended records from `after` on; `wanted`: state, code, service_id, record_id (hex).

    Raises Unavailable, Refused for an `after` that no page gave.
    """
    filters = dict.fromkeys(("state", "code", "service_id", "record_id"), "") | wanted
    limit = min(limit, PAGE_MAX)
    parameters = {"tenant": tenant, "limit": limit, **filters, **_cursor(after)}
    records = [_suspended(row) for row in database.records(_SUSPENDED, parameters)]
    last = records[-1] if len(records) == limit else None
    following = f"{last.record_id}/{last.position}" if last is not None else ""
    return SuspensePage(records=records, next=following)


def _cursor(after: str) -> dict[str, str | int]:
    try:
        record_id, topic_id, *place = after.split("/") if after else ("", "", "-1", "-1", "-1")
        partition, offset, index = map(int, place)
        bytes.fromhex(record_id)
    except ValueError as error:
        raise Refused(f"`after` is {after!r}: take it from `next` of the page before") from error
    return {
        "after_id": record_id,
        "after_topic": topic_id,
        "after_partition": partition,
        "after_offset": offset,
        "after_index": index,
    }


def _suspended(row: Mapping[str, Any]) -> SuspendedAnswer:
    names: Sequence[str] = SuspendedAnswer.__struct_fields__
    named = {name: row[name] for name in names if name in row}
    return SuspendedAnswer(
        **named
        | {"record_id": row["record_hex"], "occurred_at": format_instant(row["occurred_us"])}
    )


def suspense_counts(database: Database, tenant: str = "") -> list[SuspenseCount]:
    """How many entries are in which state, by code; of all tenants without one."""
    return [SuspenseCount(**row) for row in database.records(_COUNTS, {"tenant": tenant})]
