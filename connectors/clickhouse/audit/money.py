# ruff: noqa: S608 - statements are put together from constants of this file alone
"""Amounts: postings balance, charges add up, and what is held is the fold of what was posted.

Comparisons are made at each row's own ledger position (`through`), so they hold while the sink goes
on storing.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.finding import Finding, shown
from connectors.clickhouse.client import Database
from streams.model.money import ZERO
from streams.model.usage import MADE

_AT: Final = "ledger_partition = {partition:UInt32} AND ledger_offset <= {end:Int64}"

_UNBALANCED: Final = f"""
SELECT tenant, account, ledger_offset, ledger_index, posting.1 AS resource, sum(posting.2) AS off
FROM (SELECT * FROM rated FINAL WHERE {_AT}) AS rated
ARRAY JOIN arrayZip(postings.resource, postings.amount) AS posting
GROUP BY tenant, account, ledger_offset, ledger_index, resource
HAVING off != 0
ORDER BY ledger_offset, ledger_index
"""
_WRONG_SUM: Final = f"""
SELECT account, ledger_offset, ledger_index, amount, arraySum(lines.amount) AS lines,
    amount - lines AS off
FROM rated FINAL WHERE {_AT} AND off != 0
ORDER BY ledger_offset, ledger_index
"""
_BORNE: Final = """
    arraySum(arrayMap(
        (who, what, much) -> if(what = currency
            AND (who IN ('account', 'overrun', 'write_off') OR startsWith(who, 'account:')),
            much, toDecimal128(0, 12)),
        postings.ledger_account, postings.resource, postings.amount))
"""
# What moves a balance and prices nothing asks nobody for an amount.
_NOT_BORNE: Final = f"""
SELECT account, ledger_offset, ledger_index, amount, {_BORNE} AS borne, amount + borne AS off
FROM rated FINAL WHERE {_AT} AND off != 0 AND NOT (topic_id = '{MADE}' AND empty(lines.rule))
ORDER BY ledger_offset, ledger_index
"""
_WRONG_CHANGE: Final = f"""
SELECT tenant, account, ledger_offset, ledger_index, change.1 AS resource, change.2 AS holder,
    sum(change.3) AS off
FROM (SELECT * FROM rated FINAL WHERE {_AT}) AS rated
ARRAY JOIN arrayConcat(
    arrayMap((what, who, was, is) -> (what, who, is - was),
        changes.resource, changes.account, changes.before, changes.after),
    arrayMap(leg -> (leg.2, substring(leg.1, 9), -leg.3),
        arrayFilter(leg -> leg.1 = 'account' OR startsWith(leg.1, 'account:'),
            arrayZip(postings.ledger_account, postings.resource, postings.amount)))) AS change
GROUP BY tenant, account, ledger_offset, ledger_index, resource, holder
HAVING off != 0
ORDER BY ledger_offset, ledger_index
"""

_GROUP: Final = "tenant, period, account, product, usage_type, zone, currency, bill_unit"
_WRONG_TOTAL: Final = f"""
SELECT {_GROUP}, sum(total) AS off, sum(counted) AS miscounted, sumMap(held) AS quantities
FROM (
    SELECT {_GROUP}, amount AS total, toInt64(records) AS counted, quantities AS held
    FROM {{table:Identifier}} FINAL WHERE ledger_partition = {{partition:UInt32}}
    UNION ALL
    SELECT {_GROUP}, -sum(r.amount), -toInt64(count()), mapApply((k, v) -> (k, -v), sumMap(used))
    FROM (
        SELECT tenant, account, product, usage_type, zone, currency, bill_unit, amount,
            ledger_offset,
            toDateTime(
                if({{table:String}} = 'charges_by_hour', toStartOfHour(occurred_at),
                    toStartOfDay(occurred_at)), 'UTC') AS period,
            arrayReduce('sumMap', [usages.unit], [usages.quantity]) AS pair,
            mapFromArrays(pair.1, pair.2) AS used
        FROM rated FINAL WHERE ledger_partition = {{partition:UInt32}}
    ) AS r
    LEFT JOIN (
        SELECT {_GROUP}, toInt64(through) AS until, 1 AS known FROM {{table:Identifier}} FINAL
        WHERE ledger_partition = {{partition:UInt32}}
    ) AS a USING ({_GROUP})
    WHERE r.ledger_offset <= if(a.known = 1, a.until, {{end:Int64}})
    GROUP BY {_GROUP}
)
GROUP BY {_GROUP}
HAVING off != 0 OR miscounted != 0 OR arrayExists(x -> x != 0, mapValues(quantities))
ORDER BY {_GROUP}
"""

# Each holder with the ledger offset it is as of.
_ACCOUNTS: Final = """
SELECT tenant, account, toInt64(through) AS until, 1 AS known FROM balances FINAL
WHERE ledger_partition = {partition:UInt32}
"""
_COUNTERS: Final = """
SELECT tenant, ledger_account, resource, toInt64(through) AS until, 1 AS known
FROM counters FINAL WHERE ledger_partition = {partition:UInt32}
"""
_POSTED: Final = """
SELECT tenant,
    if(startsWith(posting.1, 'account:'), substring(posting.1, 9), rated.account) AS account,
    ledger_offset, if(startsWith(posting.1, 'account:'), 'account', posting.1) AS ledger_account,
    posting.2 AS resource, posting.3 AS amount
FROM (SELECT * FROM rated FINAL WHERE ledger_partition = {partition:UInt32}) AS rated
ARRAY JOIN arrayZip(postings.ledger_account, postings.resource, postings.amount) AS posting
"""
_WITHIN: Final = "ledger_offset <= if(h.known = 1, h.until, {end:Int64})"
_WRONG_BALANCE: Final = f"""
SELECT tenant, account, resource, sum(amount) AS off FROM (
    SELECT tenant, account, bucket.1 AS resource, bucket.2 AS amount FROM balances FINAL
    ARRAY JOIN arrayZip(buckets.resource, arrayMap((left, held) -> left + held,
        buckets.remaining, buckets.reserved)) AS bucket
    WHERE ledger_partition = {{partition:UInt32}} AND NOT is_deleted
    UNION ALL
    SELECT tenant, account, p.resource, -p.amount
    FROM ({_POSTED}) AS p LEFT JOIN ({_ACCOUNTS}) AS h USING (tenant, account)
    WHERE ledger_account = 'account' AND {_WITHIN}
)
GROUP BY tenant, account, resource HAVING off != 0 ORDER BY tenant, account, resource
"""
_WRONG_COUNTER: Final = f"""
SELECT tenant, ledger_account, resource, sum(amount) AS off FROM (
    SELECT tenant, ledger_account, resource, total AS amount FROM counters FINAL
    WHERE ledger_partition = {{partition:UInt32}} AND NOT is_deleted
    UNION ALL
    SELECT tenant, ledger_account, resource, -p.amount
    FROM ({_POSTED}) AS p LEFT JOIN ({_COUNTERS}) AS h USING (tenant, ledger_account, resource)
    WHERE ledger_account != 'account' AND {_WITHIN}
)
GROUP BY tenant, ledger_account, resource HAVING off != 0
ORDER BY tenant, ledger_account, resource
"""


def _searched(
    database: Database, cut: Cut, sql: str, more: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """The differences of all partitions, each headed by its partition."""
    return [
        (f"ledger[{partition}]", *row)
        for partition, end in cut.ledger.items()
        for row in database.query(sql, {"partition": partition, "end": end, **(more or {})})
    ]


def _finding(
    name: str, meaning: str, rows: list[tuple[Any, ...]], *, value_at: int = -1
) -> Finding:
    value = sum((abs(row[value_at]) for row in rows), ZERO)
    return Finding(name, meaning, rows=len(rows), value=value, examples=shown(rows))


def postings_balance(database: Database, cut: Cut) -> Finding:
    """The postings of each charge sum to zero for every resource."""
    rows = _searched(database, cut, _UNBALANCED)
    return _finding("postings_balance", "each charge's postings sum to zero by resource", rows)


def charges_add_up(database: Database, cut: Cut) -> Finding:
    """A charge's amount is the sum of its lines, and what its bearers were asked for."""
    rows = _searched(database, cut, _WRONG_SUM) + _searched(database, cut, _NOT_BORNE)
    return _finding("charges_add_up", "each amount is the sum of its lines and is borne", rows)


def changes_explain(database: Database, cut: Cut) -> Finding:
    """What a charge says it changed of a balance is what it posted to the account."""
    rows = _searched(database, cut, _WRONG_CHANGE)
    return _finding("changes_explain", "balances before and after differ by what was posted", rows)


def aggregates_equal(database: Database, cut: Cut) -> Finding:
    """Aggregates by hour and day equal the sum of the charges they are made of."""
    rows = [
        row
        for table in ("charges_by_hour", "charges_by_day")
        for row in _searched(database, cut, _WRONG_TOTAL, {"table": table})
    ]
    value = sum((_off_of(row) for row in rows), ZERO)
    return Finding(
        "aggregates_equal",
        "aggregates by hour and day are the sum of their charges",
        rows=len(rows),
        value=value,
        examples=shown(rows),
    )


def _off_of(row: tuple[Any, ...]) -> Decimal:
    amount: Decimal = abs(row[-3])
    quantities: Mapping[str, Decimal] = row[-1]
    return amount + sum((abs(value) for value in quantities.values()), ZERO)


def balances_equal(database: Database, cut: Cut) -> Finding:
    """What each account holds is the fold of its postings and top-ups."""
    rows = _searched(database, cut, _WRONG_BALANCE)
    return _finding("balances_equal", "each balance is the fold of its postings", rows)


def counters_equal(database: Database, cut: Cut) -> Finding:
    """The total of each counter-account is the fold of its postings."""
    rows = _searched(database, cut, _WRONG_COUNTER)
    return _finding("counters_equal", "each counter-account is the fold of its postings", rows)
