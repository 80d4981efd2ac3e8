"""Replay one seed with its trace: `python -m tests.simulate SEED [BUG]`."""

import sys

from tests.simulate.bugs import BUGS
from tests.simulate.verify import verify
from tests.simulate.world import Cast, World, run_world


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> int:
    """Print what happened, and what was broken."""
    seed = int(sys.argv[1])
    cast = BUGS[sys.argv[2]] if len(sys.argv) > 2 else Cast()
    world = World(seed, cast=cast, trace=_tell)
    problems = verify(run_world(world))
    for problem in problems:
        sys.stdout.write(f"BROKEN {problem}\n")
    sys.stdout.write(f"seed {seed}: {len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
