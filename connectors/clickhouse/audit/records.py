# ruff: noqa: S608 - statements are put together from constants of this file alone
"""Conservation of records: every source position below the cut has exactly one end."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.finding import Finding, shown
from connectors.clickhouse.client import Database
from streams.model.usage import MADE

ENDS: Final = ("charged", "duplicate", "ignored", "error", "suspended", "in_transit")
"""Where a position can end, the decisive one first: a record that was suspended and then charged
is charged."""

_PLACE: Final = """
    topic_id = {topic_id:String} AND source_partition = {partition:Int32}
    AND source_offset < {end:Int64}
"""

# One row a position, its end the most decisive of all that is stored about it.
_DECIDED: Final = f"""
SELECT source_offset, source_index, min(rank) AS rank
FROM (
    SELECT source_offset, source_index, 1 AS rank FROM rated FINAL WHERE {_PLACE}
    UNION ALL
    SELECT source_offset, source_index,
        transform(verdict, ['duplicate', 'ignored', 'error', 'suspended'], [2, 3, 4, 5], 9) AS rank
    FROM verdicts FINAL WHERE {_PLACE}
    UNION ALL
    SELECT source_offset, source_index, 3 AS rank FROM outcomes FINAL WHERE {_PLACE}
    UNION ALL
    SELECT source_offset, source_index, 4 AS rank FROM errors FINAL WHERE {_PLACE}
    UNION ALL
    SELECT source_offset, source_index, if(state = 'discarded', 3, 5) AS rank
    FROM suspense FINAL WHERE {_PLACE} AND state IN ('suspended', 'discarded')
    UNION ALL
    SELECT source_offset, source_index, 6 AS rank FROM transfers FINAL
    WHERE {_PLACE} AND event = 'sent'
        AND (ledger_partition, message_id) NOT IN
            (SELECT ledger_partition, message_id FROM transfers FINAL WHERE event = 'received')
)
GROUP BY source_offset, source_index
"""
_COUNTS: Final = f"SELECT rank, count() FROM ({_DECIDED}) GROUP BY rank"
_UNDECIDED: Final = f"""
SELECT source_offset FROM raw FINAL
WHERE {_PLACE} AND source_offset NOT IN (SELECT source_offset FROM ({_DECIDED}))
ORDER BY source_offset
"""
_PARTLY: Final = f"""
SELECT source_offset, max(source_index) + 1 - count() AS missing FROM ({_DECIDED})
GROUP BY source_offset HAVING missing > 0 ORDER BY source_offset
"""
_RAWLESS: Final = f"""
SELECT DISTINCT source_offset FROM ({_DECIDED})
WHERE source_offset NOT IN (SELECT source_offset FROM raw FINAL WHERE {_PLACE})
ORDER BY source_offset
"""
_TWICE: Final = """
SELECT record_id, count() - 1 AS more FROM rated FINAL
GROUP BY record_id HAVING more > 0 ORDER BY record_id
"""
_MADE: Final = f"""
SELECT count() FROM rated FINAL
WHERE topic_id = '{MADE}' AND ledger_partition = {{partition:UInt32}}
    AND ledger_offset <= {{end:Int64}}
"""
_QUANTITIES: Final = """
SELECT verdict, usage_type, usage.1 AS unit, sum(usage.2)
FROM usage ARRAY JOIN arrayZip(`usages.unit`, `usages.quantity`) AS usage
GROUP BY verdict, usage_type, unit ORDER BY verdict, usage_type, unit
"""
_AMOUNTS: Final = (
    "SELECT currency, sum(amount) FROM rated FINAL GROUP BY currency ORDER BY currency"
)


@dataclass(slots=True)
class RecordCounts:
    """Distinct source positions below the cut by their end, and what contradicts them.

    `made` are charges beside them: of records that no source has sent.
    """

    ends: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENDS, 0))
    findings: list[Finding] = field(default_factory=list)
    missing: int = 0
    made: int = 0

    @property
    def read(self) -> int:
        """All positions below the cut, decided or not."""
        return sum(self.ends.values()) + self.missing


def count_records(database: Database, cut: Cut) -> RecordCounts:
    """Count all positions below the cut, source partition by source partition."""
    counts = RecordCounts()
    undecided: list[Any] = []
    partly: list[Any] = []
    rawless: list[Any] = []
    for (topic_id, partition), end in cut.sources.items():
        place = {"topic_id": topic_id, "partition": partition, "end": end}
        for rank, count in database.query(_COUNTS, place):
            counts.ends[ENDS[rank - 1]] += count
        for rows, sql in ((undecided, _UNDECIDED), (partly, _PARTLY), (rawless, _RAWLESS)):
            rows += [(f"{topic_id}[{partition}]", *row) for row in database.query(sql, place)]
    missing = len(undecided) + sum(row[2] for row in partly)
    counts.missing = missing
    for partition, end in cut.ledger.items():
        ((made,),) = database.query(_MADE, {"partition": partition, "end": end})
        counts.made += made
    twice = database.query(_TWICE)
    counts.findings = [
        Finding(
            "source_positions",
            "every message has an end for each of its records",
            records=missing,
            examples=shown(undecided + partly),
        ),
        Finding(
            "raw_messages",
            "every record's message is at the raw level",
            records=len(rawless),
            examples=shown(rawless),
        ),
        Finding(
            "charged_once",
            "no record id has two charges",
            records=sum(row[1] for row in twice),
            examples=shown(twice),
        ),
    ]
    return counts


def quantities(database: Database) -> list[dict[str, str]]:
    """What the ledger has taken in, by end, usage type and unit."""
    return [
        {"end": end, "usage_type": usage_type, "unit": unit, "quantity": _plain(quantity)}
        for end, usage_type, unit, quantity in database.query(_QUANTITIES)
    ]


def amounts(database: Database) -> dict[str, str]:
    """What was charged, by currency."""
    return {currency: _plain(amount) for currency, amount in database.query(_AMOUNTS)}


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
