"""Each named step once: processes die there while usage comes in; nothing is lost or doubled."""

from pathlib import Path

import pytest

from connectors.settings import ClickHouseSettings, KafkaSettings
from connectors.steps import Step
from infra.bench.crash import ROUNDS
from infra.bench.site import Site
from tests.crash.harness import Harness


@pytest.mark.timeout(500)
def test_death_at_every_named_step_a_zombie_and_a_lost_disk(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        harness = Harness(site)
        harness.open()
        for deaths in ROUNDS:
            for name, step in deaths.items():
                harness.die(name, step)
            harness.await_deaths({name: str(step) for name, step in deaths.items()})
        harness.freeze_and_move()
        harness.kill("charging")
        harness.lose_state("charging", torn=False)
        harness.start("charging")
        harness.send(300)
        harness.settle()
        judgement = harness.judge()
        assert judgement.is_clean, str(judgement)
        assert {step for step, _ in harness.kills} >= {str(step) for step in Step}
        assert judgement.voids > 0, "the zombie's late record has not come"
