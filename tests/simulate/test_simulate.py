"""The heart under attack: every promise holds for every seed, and planted bugs do not get by."""

import pytest

from tests.simulate.bugs import BUGS
from tests.simulate.verify import verify
from tests.simulate.world import World, run_world

SEEDS = 200
CHUNK = 20
SOAK_SEEDS = 5000
BUG_SEEDS = 80
"""A planted bug must show within so many runs."""


def assert_unbroken(seeds: range) -> None:
    broken = {}
    for seed in seeds:
        problems = verify(run_world(World(seed)))
        if problems:
            broken[seed] = problems[:5]
    assert not broken, f"replay with: python -m tests.simulate {next(iter(broken))}"


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_promise_holds_under_faults(first: int) -> None:
    assert_unbroken(range(first, first + CHUNK))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(SEEDS, SOAK_SEEDS, SEEDS))
def test_every_promise_holds_for_thousands_of_seeds(first: int) -> None:
    assert_unbroken(range(first, first + SEEDS))


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bug_is_found(bug: str) -> None:
    for seed in range(BUG_SEEDS):
        if verify(run_world(World(seed, cast=BUGS[bug]))):
            return
    pytest.fail(f"{bug} got by {BUG_SEEDS} seeds")


def test_the_same_seed_is_the_same_run() -> None:
    first, second = run_world(World(3)), run_world(World(3))
    assert first.broker.logs == second.broker.logs
