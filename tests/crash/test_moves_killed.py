"""Accounts move between roots and gifts between partitions; their owners die at each step."""

from pathlib import Path

import pytest

from connectors.settings import ClickHouseSettings, KafkaSettings
from connectors.steps import OutboxStep, Step
from infra.bench.site import Site
from tests.crash.engines import own_engines
from tests.crash.moving import MovingHarness

STEPS = (
    Step.CHARGING_AFTER_LEDGER,
    OutboxStep.BEFORE_SEND,
    OutboxStep.AFTER_SEND,
    Step.CHARGING_AFTER_WRITE,
    Step.CHARGING_BEFORE_COMMIT,
)
"""Between these is every step of a gift and of a move: a step of an owner, and a message."""


@pytest.mark.timeout(300)
def test_some_moves_and_gifts_with_a_death_on_the_way(
    kafka_settings: KafkaSettings, clickhouse_settings: ClickHouseSettings, tmp_path: Path
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        harness = MovingHarness(site, seed=5, moves=8, gifts=40, savers=8, accounts=10)
        harness.open()
        for step in (Step.CHARGING_AFTER_LEDGER, OutboxStep.AFTER_SEND):
            harness.die("charging", step)
            harness.await_deaths({"charging": str(step)})
        harness.settle()
        judgement = harness.judge()
        assert judgement.is_clean, str(judgement)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_thousand_gifts_and_two_hundred_moves(tmp_path: Path) -> None:
    with own_engines(tmp_path) as (_, site):
        harness = MovingHarness(site, seed=6, moves=200, gifts=1_000)
        harness.open()
        for number in range(4):
            for step in STEPS:
                harness.die("charging", step, count=1 + harness.rng.randrange(20))
                harness.await_deaths({"charging": str(step)})
            harness.kill("charging")
            harness.lose_state("charging", torn=bool(number % 2))
            harness.start("charging")
        harness.settle()
        judgement = harness.judge()
    assert judgement.is_clean, str(judgement)
    assert {step for step, _ in harness.kills} >= {str(step) for step in STEPS}
