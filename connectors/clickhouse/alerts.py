"""The alerts that are stored: thresholds that accounts crossed, and left again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from connectors.clickhouse.client import Database
from streams.model.instant import Instant, format_instant
from streams.model.money import trimmed

_ALERTS: Final = """
SELECT account, threshold, kind, resource, level, value,
    toUnixTimestamp64Micro(period_start) AS period_us,
    toUnixTimestamp64Micro(occurred_at) AS occurred_us,
    toUnixTimestamp64Milli(raised_at) AS raised_ms, alert_id, recipients, action
FROM alerts FINAL
WHERE tenant = {tenant:String}
    AND ({account:String} = '' OR account = {account:String})
    AND raised_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
ORDER BY raised_at DESC, account, alert_id
LIMIT {limit:UInt32}
"""


class StoredAlert(Struct, frozen=True, kw_only=True):
    """An alert for people and machines. `value` is what was reached of `level`.

    `kind` is `crossed`, `entered`, `recovered` or `overrun`; `recipients` are who is told, `action`
    is what is to be done. Times are RFC 3339.
    """

    account: str
    threshold: str
    kind: str
    resource: str
    level: Decimal
    value: Decimal
    period_start: str
    occurred_at: str
    raised_at: str
    alert_id: str
    recipients: tuple[str, ...]
    action: str


def stored_alerts(
    database: Database, tenant: str, *, account: str, since: Instant, limit: int
) -> list[StoredAlert]:
    """Those of a tenant, or of one `account`, that were raised at `since` or later, newest first.

    Raises Unavailable.
    """
    asked = {"tenant": tenant, "account": account, "since": since // 1000, "limit": limit}
    return [_alert(row) for row in database.records(_ALERTS, asked)]


def _alert(row: Mapping[str, Any]) -> StoredAlert:
    return StoredAlert(
        account=row["account"],
        threshold=row["threshold"],
        kind=row["kind"],
        resource=row["resource"],
        level=trimmed(row["level"]),
        value=trimmed(row["value"]),
        period_start=format_instant(row["period_us"]),
        occurred_at=format_instant(row["occurred_us"]),
        raised_at=format_instant(row["raised_ms"] * 1000),
        alert_id=row["alert_id"],
        recipients=tuple(row["recipients"]),
        action=row["action"],
    )
