"""A hundred kills of everything, and four planted mistakes that the harness must find."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from connectors.settings import ClickHouseSettings, KafkaSettings
from connectors.steps import Step
from infra.bench.crash import ROUNDS
from infra.bench.site import Site
from tests.crash.engines import own_engines
from tests.crash.harness import PROCESSES, Harness, Judgement

REPEATS = 5
RANDOM_KILLS = 45
ENGINE_KILLS = 5
BUG_KILLS = 10


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_hundred_kills(tmp_path: Path) -> None:
    with own_engines(tmp_path) as (engines, site):
        harness = Harness(site, seed=2)
        harness.open()
        for number in range(REPEATS):
            for deaths in ROUNDS:
                for name, step in deaths.items():
                    harness.die(name, step, count=1 + harness.rng.randrange(3))
                harness.await_deaths({name: str(step) for name, step in deaths.items()})
            _kill_at_random(harness, RANDOM_KILLS // REPEATS)
            harness.freeze_and_move()
            harness.kill("charging")
            harness.lose_state("charging", torn=bool(number % 2))
            harness.start("charging")
            for engine in ("clickhouse", "kafka")[: 1 + number % 2]:
                engines.kill(engine)
                harness.kills["random", engine] += 1
                harness.send(200)
        harness.settle()
        judgement = harness.judge()
    _print(harness, judgement)
    assert judgement.is_clean, str(judgement)
    assert sum(harness.kills.values()) >= 100


def _kill_at_random(harness: Harness, kills: int) -> None:
    for _ in range(kills):
        harness.send(harness.rng.randrange(50, 400))
        name = harness.rng.choice(PROCESSES)
        harness.kill(name)
        harness.start(name)


def _print(harness: Harness, judgement: Judgement) -> None:
    table = Table("step", "process", "kills", "lost", "doubled")
    lost, doubled = str(len(judgement.lost)), str(len(judgement.doubled))
    for (step, process), count in sorted(harness.kills.items()):
        table.add_row(step, process, str(count), lost, doubled)
    Console().print(table)


def _kill_mediation(harness: Harness) -> None:
    harness.die("mediation", Step.MEDIATION_BETWEEN_OUTPUTS)
    harness.await_deaths({"mediation": str(Step.MEDIATION_BETWEEN_OUTPUTS)})


def _kill_between_state_and_ledger(harness: Harness) -> None:
    harness.die("charging", "eager")
    harness.await_deaths({"charging": "eager"})


def _freeze(harness: Harness) -> None:
    harness.freeze_and_move()


def _send_doubled(harness: Harness) -> None:
    harness.send(300)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("process", "bug", "attack"),
    [
        ("mediation", "commit_before_ack", _kill_mediation),
        ("charging", "apply_before_ack", _kill_between_state_and_ledger),
        ("charging", "no_fencing", _freeze),
        ("charging", "no_dedupe", _send_doubled),
    ],
)
def test_a_planted_mistake_is_found(
    kafka_settings: KafkaSettings,
    clickhouse_settings: ClickHouseSettings,
    tmp_path: Path,
    process: str,
    bug: str,
    attack: Callable[[Harness], None],
) -> None:
    with Site(kafka_settings, clickhouse_settings, tmp_path) as site:
        harness = Harness(site, seed=3)
        harness.open({process: bug})
        assert _found(harness, bug, attack), f"{bug} was not found"


def _found(harness: Harness, bug: str, attack: Callable[[Harness], None]) -> bool:
    """Attack until the damage shows.

    A time-out is none: then only what no patience could mend is looked at, a charge that is there
    twice or tables that are not what the ledger says; where there is nothing of it the time-out is
    what failed.
    """
    try:
        for _ in range(2 if bug == "no_fencing" else BUG_KILLS):
            attack(harness)
        harness.settle()
    except TimeoutError:
        if harness.judge_unsettled().is_clean:
            raise
        return True
    return not harness.judge().is_clean
