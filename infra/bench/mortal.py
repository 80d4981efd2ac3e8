"""One process of the engine that is told where to die: `python -m infra.bench.mortal NAME AT`.

AT is `kill:STEP:N` or `stop:STEP:N`: at the N-th passing of a named step the process gets SIGKILL,
or SIGSTOP. `-`: it lives. The process is the product's own; only its steps are listened to.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable

from connectors.steps import observe
from infra.processes import run_process
from topologies.settings import Settings

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def die_at(told: str) -> Callable[[str], None]:
    """An observer of steps that ends or freezes this process at the one that was told."""
    action, step, number = told.split(":")
    passed: Counter[str] = Counter()

    def observer(at: str) -> None:
        passed[at] += 1
        if at == step and passed[at] == int(number):
            os.kill(os.getpid(), SIGNALS[action])

    return observer


def main() -> None:
    """Run from the command line."""
    name, at = sys.argv[1:]
    if at != "-":
        observe(die_at(at))
    run_process(name, Settings())


if __name__ == "__main__":
    main()
