# ruff: noqa: S608 - statements are put together from constants of this file alone
"""Rows against the steps they came from: none missing, none too many, the chain of steps whole."""

from typing import Final

from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.finding import Finding, shown
from connectors.clickhouse.client import Database

_STEPS: Final = """
SELECT ledger_offset, rated, verdicts FROM steps FINAL
WHERE ledger_partition = {partition:UInt32} AND ledger_offset <= {end:Int64}
"""
_ROWS: Final = """
SELECT ledger_offset, count() AS found, max(ledger_index) + 1 AS indexes
FROM {table:Identifier} FINAL
WHERE ledger_partition = {partition:UInt32} AND ledger_offset <= {end:Int64}
GROUP BY ledger_offset
"""
_DIFFERENT: Final = f"""
SELECT
    if(s.ledger_offset = 0 AND s.known = 0, r.ledger_offset, s.ledger_offset) AS at,
    toInt64(s.{{column:Identifier}}) AS made, toInt64(r.found) AS found
FROM (SELECT *, 1 AS known FROM ({_STEPS})) AS s
FULL OUTER JOIN ({_ROWS}) AS r ON s.ledger_offset = r.ledger_offset
WHERE made != found OR (found > 0 AND r.indexes != found)
ORDER BY at
"""
_BROKEN: Final = """
SELECT ledger_offset, prev, expected FROM (
    SELECT
        ledger_offset, prev,
        lagInFrame(toInt64(ledger_offset), 1, -1) OVER (ORDER BY ledger_offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS expected
    FROM steps FINAL
    WHERE ledger_partition = {partition:UInt32} AND ledger_offset <= {end:Int64}
)
WHERE prev != expected ORDER BY ledger_offset
"""
_LAST: Final = """
SELECT max(toInt64(ledger_offset)) FROM steps FINAL
WHERE ledger_partition = {partition:UInt32} AND ledger_offset <= {end:Int64}
"""


def rows_of_steps(database: Database, cut: Cut) -> Finding:
    """As many charges and verdicts are stored as each step made."""
    found = []
    records = 0
    for partition, end in cut.ledger.items():
        for table in ("rated", "verdicts"):
            place = {"partition": partition, "end": end, "table": table, "column": table}
            for at, made, stored in database.query(_DIFFERENT, place):
                records += max(1, abs(made - stored))
                found.append((f"{table} of ledger[{partition}]", at, f"made {made}", stored))
    return Finding(
        "rows_of_steps",
        "each step's charges and verdicts are stored, no more and no fewer",
        records=records,
        examples=shown(found),
    )


def chain_of_steps(database: Database, cut: Cut) -> Finding:
    """Each step follows the one it was computed from, up to the cut."""
    broken = []
    for partition, end in cut.ledger.items():
        place = {"partition": partition, "end": end}
        broken += [(f"ledger[{partition}]", *row) for row in database.query(_BROKEN, place)]
        ((last,),) = database.query(_LAST, place)
        if end >= 0 and last != end:
            broken.append((f"ledger[{partition}]", last, "is the last step, the cut is", end))
    return Finding(
        "chain_of_steps",
        "the steps of each partition form one chain",
        rows=len(broken),
        examples=shown(broken),
    )
