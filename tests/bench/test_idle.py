"""The measurement of idle accounts, small: its months are turned, and its balances are right."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.idle import IdleAmount, measure_idle, month_starts
from infra.bench.site import Site
from streams.model.instant import format_instant


def test_months_end_with_the_present_one() -> None:
    found = month_starts(datetime(2026, 2, 28, 10, tzinfo=UTC), 3)
    assert [format_instant(each)[:10] for each in found] == [
        "2025-12-01",
        "2026-01-01",
        "2026-02-01",
    ]


@pytest.mark.timeout(300)
def test_idle_accounts_have_what_the_calendar_says(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    amount = IdleAmount(accounts=400, months=2, watched=1, users=20, events=1_000, lasts_s=1)
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        found = measure_idle(site, amount, lambda _: None)
    assert found.wrong == 0
    assert found.busy_ms.p99 > 0
