"""One process of the engine, told where to die: `python -m tests.crash.program NAME [AT] [BUG]`.

AT is `kill:STEP:N` or `stop:STEP:N`: at the N-th passing of a named step the process gets SIGKILL,
or SIGSTOP (a zombie to be, once it is continued). `-` or nothing: it lives. BUG plants a known
mistake (`tests/crash/bugs.py`), to prove that the harness finds it.
"""

import sys
from collections.abc import Callable

from connectors.steps import observe
from infra.bench.mortal import die_at
from tests.crash.bugs import plant
from topologies import charging, dispatcher, keeper, mediation, sink, webhooks
from topologies.settings import Settings

RUNS: dict[str, Callable[[Settings], None]] = {
    "mediation": mediation.run,
    "charging": charging.run,
    "sink": sink.run,
    "dispatcher": dispatcher.run,
    "keeper": keeper.run,
    "webhooks": webhooks.run,
}


def main() -> None:
    name, *rest = sys.argv[1:]
    if rest and rest[0] != "-":
        observe(die_at(rest[0]))
    if rest[1:]:
        plant(rest[1])
    RUNS[name](Settings())


if __name__ == "__main__":
    main()
