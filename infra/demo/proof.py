"""What the demonstration left behind, read out of the database, and its audit."""

from dataclasses import dataclass
from typing import Any, Final

from connectors.clickhouse.audit import Report, audit, await_cut
from connectors.clickhouse.client import Database
from connectors.kafka.client import describe_topics
from connectors.kafka.ledger import ledger_topic
from connectors.kafka.marks import take_mark
from topologies.settings import Settings

_CUT_WITHIN_S: Final = 60.0
_TOP: Final = 5

_REVENUE: Final = """
SELECT tenant, product, currency, sum(records) AS records, sum(amount) AS amount
FROM charges_by_day FINAL
GROUP BY tenant, product, currency ORDER BY tenant, product
"""
_TOP_ACCOUNTS: Final = """
SELECT tenant, account, currency, sum(records) AS records, sum(amount) AS amount
FROM charges_by_day FINAL
GROUP BY tenant, account, currency ORDER BY amount DESC LIMIT {top:UInt32}
"""
_ALERTS: Final = """
SELECT tenant, threshold, kind, count() AS alerts, uniqExact(account) AS accounts
FROM alerts FINAL
GROUP BY tenant, threshold, kind ORDER BY tenant, threshold, kind
"""
_SUSPENSE: Final = """
SELECT code, state, count() AS records
FROM suspense FINAL
GROUP BY code, state ORDER BY code, state
"""
_ONE_CHARGE: Final = """
SELECT event_id FROM rated FINAL WHERE length(lines.rule) > 2 ORDER BY amount DESC LIMIT 1
"""
_EVERY_ROW: Final = (_REVENUE, _ALERTS, _SUSPENSE)

Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is shown at the end."""

    report: Report
    revenue: Rows
    accounts: Rows
    alerts: Rows
    suspense: Rows
    event_id: str


def audit_now(settings: Settings) -> Report:
    """The audit of all there is now. Raises Unavailable where the database is too far behind."""
    with Database(settings.clickhouse) as database:
        ledger = ledger_topic(settings.kafka)
        mark = take_mark(settings.kafka)
        ledger_id = describe_topics(settings.kafka, [ledger])[ledger].topic_id
        cut = await_cut(database, mark, ledger_id=ledger_id, within_s=_CUT_WITHIN_S)
        return audit(database, cut)


def prove(settings: Settings) -> Proof:
    """Read it all. Raises Unavailable where the database does not catch up in time."""
    report = audit_now(settings)
    with Database(settings.clickhouse) as database:
        revenue, alerts, suspense = (database.records(query) for query in _EVERY_ROW)
        ((event_id,),) = database.query(_ONE_CHARGE) or (("",),)
        return Proof(
            report=report,
            revenue=revenue,
            accounts=database.records(_TOP_ACCOUNTS, {"top": _TOP}),
            alerts=alerts,
            suspense=suspense,
            event_id=event_id,
        )
