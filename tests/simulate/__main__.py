"""Replay seeds: `python -m tests.simulate SEED [BUG]` with its trace, `FIRST-LAST` without."""

import logging
import sys
from collections.abc import Callable

import structlog

from tests.simulate.bugs import BUGS
from tests.simulate.verify import verify
from tests.simulate.world import Cast, World, run_world


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def _replay(seed: int, cast: Cast, trace: Callable[[str], None]) -> bool:
    """Run one seed; True where every promise held."""
    problems = verify(run_world(World(seed, cast=cast, trace=trace)))
    for problem in problems:
        _tell(f"seed {seed}: BROKEN {problem}")
    return not problems


def main() -> int:
    """Run the seeds asked for; 1 where one of them broke a promise."""
    first, _, last = sys.argv[1].partition("-")
    cast = BUGS[sys.argv[2]] if len(sys.argv) > 2 else Cast()
    if not last:
        return 0 if _replay(int(first), cast, _tell) else 1
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seeds = range(int(first), int(last) + 1)
    broken = [seed for seed in seeds if not _replay(seed, cast, lambda _: None)]
    _tell(f"{len(seeds)} seeds, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
