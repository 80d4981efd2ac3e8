"""`vivace alerts`: what is stored of alerts, for people and for programs."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from connectors.clickhouse.client import Database
from connectors.clickhouse.facts import alert_columns, placed_alerts
from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings
from infra.cli.alerts import app
from streams.model.instant import DAY, HOUR
from streams.model.rated import Alert
from tests.connectors.test_clickhouse_rows import step

JANUARY = 20_454 * DAY
RAISED = "2026-11-18T11:06:40.123000Z"
"""When the ledger took the step that the alerts stand in."""


def alert(name: str, account: str, *, tenant: str = "acme") -> Alert:
    return Alert(
        name, tenant, account, "half", "USD", "crossed", 50, 51, JANUARY, JANUARY + 9 * HOUR
    )


@pytest.fixture
def typed(clickhouse_settings: ClickHouseSettings, tmp_path: Path) -> "Typed":
    migrate(clickhouse_settings)
    made = [alert("1", "ada"), alert("2", "bea"), alert("3", "ada", tenant="other")]
    with Database(clickhouse_settings) as database:
        rows = alert_columns(placed_alerts([step(alerts=tuple(made))]))
        database.insert("alerts", pa.table(rows))
        database.insert("alerts", pa.table(rows))
    return Typed(clickhouse_settings, tmp_path)


class Typed:
    """A command line on a database of its own."""

    def __init__(self, settings: ClickHouseSettings, data: Path) -> None:
        self._environment = {
            "VIVACE_DATA": str(data),
            "VIVACE_CLICKHOUSE_HOST": settings.host,
            "VIVACE_CLICKHOUSE_PORT": str(settings.port),
            "VIVACE_CLICKHOUSE_USER": settings.user,
            "VIVACE_CLICKHOUSE_PASSWORD": settings.password,
            "VIVACE_CLICKHOUSE_DATABASE": settings.database,
        }

    def alerts(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["-t", "acme", *words], env=self._environment)

    def names(self, *words: str) -> list[str]:
        done = self.alerts("--json", *words)
        assert done.exit_code == 0, done.output
        return [each["alert_id"] for each in json.loads(done.stdout)]


def test_alerts_of_a_tenant_are_listed_once_each(typed: Typed) -> None:
    assert typed.names() == ["1", "2"]
    assert typed.names("--account", "ada") == ["1"]
    assert typed.names("--account", "nobody") == []
    assert typed.names("--limit", "1") == ["1"]


def test_alerts_are_those_raised_since(typed: Typed) -> None:
    assert typed.names("--since", RAISED) == ["1", "2"]
    assert typed.names("--since", "2026-11-18T11:06:40.124Z") == []
    assert typed.names("--since", "2026-11-18") == ["1", "2"]
    refused = typed.alerts("--since", "yesterday")
    assert refused.exit_code == 2


def test_an_alert_tells_what_was_reached(typed: Typed) -> None:
    (found,) = json.loads(typed.alerts("--json", "--account", "bea").stdout)
    assert found == {
        "account": "bea",
        "threshold": "half",
        "kind": "crossed",
        "resource": "USD",
        "level": "50",
        "value": "51",
        "period_start": "2026-01-01T00:00:00.000000Z",
        "occurred_at": "2026-01-01T09:00:00.000000Z",
        "raised_at": RAISED,
        "alert_id": "2",
        "recipients": [],
        "action": "notify",
    }
    told = typed.alerts("--account", "bea").stdout
    assert "half" in told
    assert "crossed" in told
