"""The audit: proves from stored data, at a cut that it names, that nothing is lost or doubled.

`cut.py` says up to where everything is decided and stored; `records.py` counts source positions,
`journal.py` compares rows with the steps they came from, `money.py` folds charges into balances,
counters and aggregates again. Each check looks for differences and returns a `Finding`.
"""

from connectors.clickhouse.audit.cut import Cut, await_cut
from connectors.clickhouse.audit.finding import Finding
from connectors.clickhouse.audit.log import compare_with_log
from connectors.clickhouse.audit.report import Report, audit

__all__ = ["Cut", "Finding", "Report", "audit", "await_cut", "compare_with_log"]
