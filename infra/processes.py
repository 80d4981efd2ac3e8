"""The processes of the engine, in the order they start, and where each begins.

`python -m infra.processes NAME` is one of them without the command line, whose other commands would
only fill its memory.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from connectors.errors import Unavailable
from topologies.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process: what it is for, and the module whose `run(settings)` is its life."""

    module: str
    purpose: str


PROCESSES: Mapping[str, Process] = {
    "mediation": Process(
        module="topologies.mediation", purpose="usage → parsed, filtered, split, enriched"
    ),
    "charging": Process(
        module="topologies.charging", purpose="rates and accumulates, writes the ledger"
    ),
    "sink": Process(module="topologies.sink", purpose="ledger, raw and refused → ClickHouse"),
    "dispatcher": Process(
        module="topologies.dispatcher", purpose="alerts, charges and refused → their topics"
    ),
    "keeper": Process(
        module="topologies.keeper", purpose="releases suspense, keeps reference topics, ticks"
    ),
    "webhooks": Process(
        module="topologies.webhooks", purpose="alerts → signed webhooks, where there are receivers"
    ),
    "trade": Process(
        module="connectors.trade.server",
        purpose="Nchf, Diameter and RADIUS, where they have ports",
    ),
    "gateway": Process(
        module="connectors.api.server", purpose="HTTP: health, metrics, balances, schemas"
    ),
    "proxy": Process(
        module="connectors.proxy.server", purpose="interfaces of model providers, metered"
    ),
}


WORKER = "topologies.worker"
"""Runs several agents in one process: `vivace run worker --agents mediation,charging`."""


def startable(settings: Settings) -> list[str]:
    """Return the processes that are installed and have something to do, in the order they start."""
    return [
        name
        for name, process in PROCESSES.items()
        if _is_installed(process.module) and _has_something_to_do(name, settings)
    ]


def run_process(name: str, settings: Settings) -> None:
    """Be the process `name` until SIGTERM.

    Only its own module is imported, so that a sink carries no agent framework in its memory.
    """
    import_module(PROCESSES[name].module).run(settings)


def run_worker(agents: Sequence[str], settings: Settings) -> None:
    """Be one worker with these agents until SIGTERM."""
    import_module(WORKER).run(settings, agents)


def _has_something_to_do(name: str, settings: Settings) -> bool:
    files = {"webhooks": settings.webhooks, "proxy": settings.proxy}
    if name in files:
        return files[name] is not None
    doors = (settings.nchf_port, settings.diameter_port, settings.radius_port)
    return name != "trade" or any(doors)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def main() -> int:
    """Be the process that the first argument names; 3 when something it needs is away."""
    try:
        run_process(sys.argv[1], Settings())
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
