"""A few scenario files through the running system: Kafka in, ClickHouse out, the same `then`.

A small twin of `vivace scenario run tests/scenarios --live`: each of these needs something that
memory alone would not show, such as another home, a fact that comes late, money that runs out, or
tax and cost in the tables.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.clickhouse.migrate import migrate
from connectors.settings import ClickHouseSettings, KafkaSettings
from infra.bench.site import Site
from infra.cli.scenario import app

HERE = Path(__file__).parent
FILES = (
    "accumulators/by_payer",
    "allowance/burn_down",
    "cost/beside",
    "guide/moved_service",
    "move/carries",
    "prepaid/hard_limit",
    "revenue_share/percent",
    "suspense/release",
    "shared_cap/shared_cap",
    "threshold/once_a_month",
    "transfer/gifts",
)


@pytest.mark.timeout(180)
def test_a_few_files_hold_in_the_running_system(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    migrate(clickhouse_settings)
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        for name in ("worker", "keeper", "sink"):
            site.start(name)
        paths = [str(HERE / f"{name}.yaml") for name in FILES]
        command = ["scenario", "run", *paths, "--live", "--json"]
        done = CliRunner().invoke(app, command, env=site.environment)
        told = json.loads(done.stdout)
        failed = [each for each in told["scenarios"] if each["status"] == "failed"]
        assert failed == [], [child.last_words() for child in site.children.values()]
        assert done.exit_code == 0
    passed = Counter(Path(e["file"]).stem for e in told["scenarios"] if e["status"] == "passed")
    assert len(passed) == len(FILES), "a file has nothing that runs live any more"
