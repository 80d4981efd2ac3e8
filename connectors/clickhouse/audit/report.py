"""All checks at one cut, and their result as one value."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from connectors.clickhouse.audit.cut import Cut
from connectors.clickhouse.audit.finding import Check, Finding
from connectors.clickhouse.audit.journal import chain_of_steps, rows_of_steps
from connectors.clickhouse.audit.money import (
    aggregates_equal,
    balances_equal,
    changes_explain,
    charges_add_up,
    counters_equal,
    postings_balance,
)
from connectors.clickhouse.audit.records import (
    RecordCounts,
    amounts,
    count_records,
    quantities,
)
from connectors.clickhouse.audit.transit import Transit, in_transit
from connectors.clickhouse.client import Database
from streams.model.money import ZERO

CHECKS: Final[tuple[Check, ...]] = (
    chain_of_steps,
    rows_of_steps,
    postings_balance,
    charges_add_up,
    changes_explain,
    aggregates_equal,
    balances_equal,
    counters_equal,
)

AGAIN_S: Final = 1.0
"""A difference is looked for again after this: the sink may have been between two tables."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the audit says."""

    cut: Cut
    counts: RecordCounts
    findings: tuple[Finding, ...]
    transit: tuple[Transit, ...]
    quantities: list[dict[str, str]]
    amounts: dict[str, str]

    @property
    def is_ok(self) -> bool:
        """True where no check found a difference."""
        return all(finding.is_clean for finding in self.findings)

    def with_finding(self, finding: Finding) -> "Report":
        """The report with one more check."""
        return replace(self, findings=(*self.findings, finding))

    @property
    def records(self) -> dict[str, int]:
        """`in`, what it is the sum of: every end, and what is still to come; `made` beside it."""
        ends = dict(self.counts.ends)
        pending = ends.pop("in_transit") + self.cut.unread
        read = self.counts.read + self.cut.unread
        return {"in": read, **ends, "pending": pending, "made": self.counts.made}

    def as_json(self) -> dict[str, Any]:
        """The report for machines; amounts are exact text."""
        records = sum(finding.records for finding in self.findings)
        rows = sum(finding.rows for finding in self.findings)
        value = sum((finding.value for finding in self.findings), ZERO)
        return {
            "ok": self.is_ok,
            "gap": {"records": str(records), "rows": str(rows), "value": _plain(value)},
            "records": {name: str(count) for name, count in self.records.items()},
            "quantities": self.quantities,
            "amounts": self.amounts,
            "in_transit": [message.as_json() for message in self.transit],
            "checks": [
                {
                    "name": finding.name,
                    "meaning": finding.meaning,
                    "ok": finding.is_clean,
                    "records": str(finding.records),
                    "rows": str(finding.rows),
                    "value": _plain(finding.value),
                    "examples": list(finding.examples),
                }
                for finding in self.findings
            ],
            "cut": self.cut.named(),
        }


def audit(database: Database, cut: Cut, *, wait: Callable[[float], None] = time.sleep) -> Report:
    """Run every check at the cut. Raises Unavailable, Refused."""
    counts = count_records(database, cut)
    if any(not finding.is_clean for finding in counts.findings):
        wait(AGAIN_S)
        counts = count_records(database, cut)
    findings = [*counts.findings]
    for check in CHECKS:
        finding = check(database, cut)
        if not finding.is_clean:
            wait(AGAIN_S)
            finding = check(database, cut)
        findings.append(finding)
    return Report(
        cut,
        counts,
        tuple(findings),
        tuple(in_transit(database)),
        quantities(database),
        amounts(database),
    )


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
