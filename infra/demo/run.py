"""The demonstration from a cold start to a proof, phase by phase; waits for states, never by time.

Start everything, activate two catalogs (or the one asked for), put accounts in, let a stranger's
producer send usage, let the accounts of the unknown arrive in the middle of it, wait until all is
charged and stored.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.clock import now
from connectors.kafka.catalog_topic import activate, publish
from infra.bench.preload import known_facts
from infra.bench.world import example_catalogs
from infra.demo.load import Load
from infra.demo.watch import Watch
from infra.engines import jar_cache
from infra.errors import CannotStart
from infra.kafka.jars import ensure_jars, missing_bytes
from infra.load.plan import LoadPlan
from infra.load.population import population, strangers
from infra.load.sending import send_customers
from infra.runfile import read_state
from infra.up import load_settings
from streams.model.instant import DAY, MINUTE
from streams.outcome import RejectReason

ACCOUNTS = 1000
_WITHIN_S = 300.0
_STRANGERS_AFTER = 0.6


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """What is shown, and where."""

    data: Path | None = None
    events: int = 200_000
    keep: bool = False
    catalog: str = ""


@dataclass(frozen=True, kw_only=True)
class DemoOutcome:
    """What was sent and how long it took, for the summary."""

    kinds: dict[str, int]
    seconds: float
    suspended_most: int


class Demo:
    """One run. `started` tells whether this run started the engine, and so ends it."""

    def __init__(self, options: DemoOptions, screen: Console) -> None:
        self.started = False
        self._options = options
        self._screen = screen
        self.settings = load_settings(options.data)

    def start(self) -> None:
        """Fetch what is missing and start every process, unless they run already."""
        state = read_state(self.settings.data)
        if state is None or not state.identity.alive():
            self._fetch()
            with self._screen.status("Starting Kafka, ClickHouse and the processes"):
                self._up()
            self.started = True
        self.settings = load_settings(self.settings.data)
        self._say("Everything runs")

    def _fetch(self) -> None:
        wanted = missing_bytes(jar_cache(self.settings))
        if not wanted or self.settings.kafka_bootstrap:
            return
        with _bars(self._screen) as bars:
            bar = bars.add_task("Fetching Kafka", total=wanted)
            ensure_jars(
                jar_cache(self.settings),
                repository=self.settings.maven_repository,
                progress=lambda arrived: bars.advance(bar, arrived),
            )

    def _up(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "infra.cli", "up", "-d", "--data", str(self.settings.data)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(done.stderr or done.stdout)

    def stop(self) -> None:
        """End what this run has started."""
        subprocess.run(
            [sys.executable, "-m", "infra.cli", "down", "--data", str(self.settings.data)],
            capture_output=True,
            check=False,
        )

    def refer(self) -> None:
        """Activate the catalogs and put the accounts in, until mediation can know all of them."""
        kafka = self.settings.kafka
        wanted = self._options.catalog
        catalogs = example_catalogs(names=(wanted,)) if wanted else example_catalogs()
        for catalog in catalogs:
            with self._screen.status(f"Activating catalog {catalog.tenant}"):
                version = publish(kafka, catalog)
                activate(kafka, tenant=catalog.tenant, version=version)
            self._say(f"Catalog {catalog.tenant} is active, version {version}")
        with self._screen.status("Putting accounts in"):
            send_customers(kafka, population(ACCOUNTS, wanted), at=now())
            facts = len(catalogs) * (2 * ACCOUNTS + 1)
            self._wait(lambda: known_facts(kafka) >= facts, "The accounts are not known")
        self._say(f"{len(catalogs) * ACCOUNTS:,} accounts are in")

    def send(self) -> DemoOutcome:
        """Let the producer send, the strangers' accounts arrive, and wait until all is stored."""
        watch = Watch(self.settings)
        load = Load(self.settings.kafka, self._plan())
        try:
            with _bars(self._screen) as bars:
                return self._follow(load, watch, bars)
        finally:
            load.stop()
            watch.close()

    def _follow(self, load: Load, watch: Watch, bars: Progress) -> DemoOutcome:
        before, total = watch.stored(), self._options.events
        sent, mediated, kept = (
            bars.add_task(name, total=total)
            for name in ("Sent by the producer", "Mediated", "Raw bytes stored")
        )
        began, suspended_most, came = time.monotonic(), 0, False
        while load.is_running or not bars.finished:
            behind = watch.unmediated()
            stored = watch.stored()
            suspended_most = max(suspended_most, stored.suspended)
            bars.update(sent, completed=load.sent)
            bars.update(mediated, completed=max(0, load.sent - behind))
            bars.update(kept, completed=stored.raw - before.raw)
            if not came and load.sent >= total * _STRANGERS_AFTER:
                came = True
                send_customers(self.settings.kafka, strangers(self._options.catalog), at=now())
                bars.console.print("[green]✓[/] The accounts of the unknown have arrived")
            self._check_time(began, "The events are not all stored")
        settled = bars.add_task("Charged and settled", total=None)
        self._wait(lambda: self._is_settled(watch), "Some events are not settled")
        bars.update(settled, total=1, completed=1)
        return DemoOutcome(
            kinds=load.finish(), seconds=time.monotonic() - began, suspended_most=suspended_most
        )

    def _is_settled(self, watch: Watch) -> bool:
        """Nothing is on its way, and only what has no price waits."""
        return (
            watch.unmediated() == 0
            and watch.uncharged() == 0
            and watch.stored().suspended == watch.suspended_for(RejectReason.NO_PRICE)
        )

    def _plan(self) -> LoadPlan:
        # Another seed each time, so that a second demo on the same folder sends new events.
        return LoadPlan(
            events=self._options.events,
            start=now() - DAY,
            span=DAY - MINUTE,
            seed=now() // 1_000_000,
            accounts=ACCOUNTS,
            late=20,
            doubled=10,
            broken=5,
            unknown=20,
            unpriced=1,
            filtered=10,
            catalog=self._options.catalog,
        )

    def _wait(self, condition: Callable[[], bool], problem: str) -> None:
        began = time.monotonic()
        while not condition():
            self._check_time(began, problem)

    def _check_time(self, began: float, problem: str) -> None:
        if time.monotonic() > began + _WITHIN_S:
            raise CannotStart(f"{problem} after {_WITHIN_S:g} s; see `vivace status`.")
        time.sleep(0.2)

    def _say(self, line: str) -> None:
        self._screen.print(f"[green]✓[/] {line}", highlight=False)


def _bars(screen: Console) -> Progress:
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=screen)
