"""One process of the engine, told where to die: `python -m tests.crash.program NAME [AT] [BUG]`.

AT is `kill:STEP:N` or `stop:STEP:N`: at the N-th passing of a named step the process gets SIGKILL,
or SIGSTOP (a zombie to be, once it is continued). `-` or nothing: it lives. BUG plants a known
mistake (`tests/crash/bugs.py`), to prove that the harness finds it. Nothing is imported that the
process does not need: it starts again and again.
"""

import sys
from importlib import import_module

from connectors.steps import observe
from infra.bench.mortal import die_at
from topologies.settings import Settings


def main() -> None:
    name, *rest = sys.argv[1:]
    if rest and rest[0] != "-":
        observe(die_at(rest[0]))
    if rest[1:]:
        import_module("tests.crash.bugs").plant(rest[1])
    import_module(f"topologies.{name}").run(Settings())


if __name__ == "__main__":
    main()
