"""Kills at every named step while usage comes in; what is lost and what is doubled must be 0.

The tests go further (they fold the ledger again and compare every table); this is what anybody can
run against an installation's own code and machine.
"""

import signal
import time
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from connectors.clickhouse.client import Database
from connectors.steps import Step
from infra.bench.engines import BenchPlace
from infra.bench.measuring import Tell, own_place
from infra.bench.preload import load_reference, make_place
from infra.bench.site import Site
from infra.demo.proof import audit_now
from infra.load.plan import Kind, LoadPlan, Workload
from infra.load.sending import Sending, records_of
from streams.model.instant import HOUR

PROCESSES = ("mediation", "charging", "sink", "dispatcher", "keeper")
ROUNDS: tuple[Mapping[str, Step], ...] = (
    {
        "mediation": Step.MEDIATION_BETWEEN_OUTPUTS,
        "charging": Step.CHARGING_AFTER_LEDGER,
        "sink": Step.SINK_BETWEEN_TABLES,
        "dispatcher": Step.DISPATCHER_AFTER_PRODUCE,
        "keeper": Step.KEEPER_AFTER_SEND,
    },
    {
        "mediation": Step.MEDIATION_AFTER_PRODUCE,
        "charging": Step.CHARGING_AFTER_WRITE,
        "sink": Step.SINK_AFTER_INSERT,
    },
    {"charging": Step.CHARGING_BEFORE_COMMIT},
)
"""Every named step once; the processes of a round die side by side."""

_ACCOUNTS = 100
_EVENTS = 200
_DEATH_WITHIN_S = 120.0
_SETTLED_WITHIN_S = 180.0


class Deaths(Struct, kw_only=True):
    """How often a process died at a step."""

    step: str
    process: str
    kills: int


class CrashResult(Struct, kw_only=True):
    """Kills by place, and what they did: `lost`, `doubled` and the audit's gap must be 0."""

    deaths: list[Deaths]
    records: int
    lost: int
    doubled: int
    audit_ok: bool


class _Attack:
    """Usage comes in while processes die and are started again."""

    def __init__(self, site: Site) -> None:
        self.kills: Counter[tuple[str, str]] = Counter()
        self.sending = Sending(site.kafka)
        self._site = site
        self._start = time.time_ns() // 1000 - 2 * HOUR
        self._seed = 0

    def open(self) -> None:
        make_place(self._site)
        for name in PROCESSES:
            self.start(name)
        load_reference(self._site, accounts=_ACCOUNTS, at=self._start)

    def start(self, name: str, at: str = "-") -> None:
        self._site.start(name, program=("infra.bench.mortal", name, at))

    def send(self) -> None:
        self._seed += 1
        self.sending.send_plan(
            LoadPlan(
                events=_EVENTS,
                start=self._start,
                span=HOUR,
                seed=self._seed,
                accounts=_ACCOUNTS,
                doubled=40,
                broken=10,
            )
        )
        self.sending.finish()

    def strike(self, deaths: Mapping[str, Step]) -> None:
        """Let each process of the round die at its step, and start it again."""
        for name, step in deaths.items():
            self._site.stop(name)
            self.start(name, f"kill:{step}:1")
        waiting = dict(deaths)
        deadline = time.monotonic() + _DEATH_WITHIN_S
        while waiting:
            if time.monotonic() > deadline:
                raise TimeoutError(f"still alive: {waiting}")
            self.send()
            time.sleep(0.3)
            for name, step in list(waiting.items()):
                code = self._site.children[name].exit_code()
                if code == -signal.SIGKILL:
                    del waiting[name], self._site.children[name]
                    self.kills[str(step), name] += 1
                    self.start(name)

    def good(self) -> int:
        return sum(kind is Kind.GOOD for *_, kind in records_of(self.sending.placed))


def measure_crash(place: BenchPlace, *, rounds: int, tell: Tell) -> CrashResult:
    """Go through every named step `rounds` times, then count and audit."""
    with own_place(place.site, Workload.MIXED) as here:
        attack = _Attack(here)
        attack.open()
        for number in range(rounds):
            for deaths in ROUNDS:
                tell(f"round {number + 1}: {', '.join(deaths)} die")
                attack.strike(deaths)
        here.wait(lambda: here.mediated() and here.charged(), "settled", within_s=_SETTLED_WITHIN_S)
        report = audit_now(here.settings)
        with Database(here.clickhouse) as database:
            ((charged, records),) = database.query(
                "SELECT count(), uniqExact(record_id) FROM rated FINAL"
            )
    return CrashResult(
        deaths=[
            Deaths(step=step, process=process, kills=kills)
            for (step, process), kills in sorted(attack.kills.items())
        ],
        records=attack.good(),
        lost=attack.good() - records,
        doubled=charged - records,
        audit_ok=report.is_ok,
    )
