"""Online charging on one worker core: by many callers at once, alone and beside a batch load.

The worker has the measured core for itself; callers, broker and batch load share the others, and
are often what is at its end first. So it is told too what the worker spends on a request.
"""

import time
from collections import Counter
from typing import Final

from msgspec.structs import replace

from infra.bench.bare import bare_produce
from infra.bench.callers import WHOLE, Answered, Asking
from infra.bench.engines import BenchPlace
from infra.bench.latency import SHARE
from infra.bench.measuring import Tell, own_place
from infra.bench.online_result import Beside, OnlineResult, Series, needs_of
from infra.bench.online_world import (
    ACCOUNTS,
    DRY,
    HOT,
    KEPT,
    KEPT_HOT,
    MANY,
    NAMES,
    OnlineAmount,
    OnlineWorker,
    OnlineWorld,
)
from infra.bench.overspend import read_spent
from infra.load.plan import Workload

CALLERS: Final = (1, 8, 64)
_FEW, _LOTS = 8, 64
_BARE_SHARE: Final = 5
_BARE_S_MIN: Final = 1.0
"""The broker alone is measured for a fifth of the time, a second at least."""
_SETTLED_S: Final = 3.0
"""Until a batch load that has begun is charged as evenly as it is sent."""


def measure_online(place: BenchPlace, amount: OnlineAmount, tell: Tell) -> OnlineResult:
    """Have so many callers ask for so long, on many accounts and on one."""
    with own_place(place.site, Workload.API) as here:
        world = OnlineWorld(here, amount, tell)
        with world.worker() as worker:
            measured = _Measurement(world, worker)
            alone = measured.series("alone")
            sent_per_s = world.capacity_per_s / SHARE
            with world.load(sent_per_s):
                time.sleep(_SETTLED_S)
                began = time.time()
                busy = measured.series(f"beside {sent_per_s:,.0f} events a second")
                stretch = (began, time.time())
            verbs, reserves = measured.verbs(), measured.reserves()
            refused = measured.dry()
        tell("what stands in the ledger")
        spent = read_spent(here.kafka, NAMES, [stretch])
    result = OnlineResult(
        callers=alone.callers,
        hot=alone.hot,
        bare_produce=alone.bare_produce,
        fsync=amount.flush,
        beside=Beside(
            callers=busy.callers,
            hot=busy.hot,
            bare_produce=busy.bare_produce,
            capacity_per_s=round(world.capacity_per_s),
            sent_per_s=round(sent_per_s),
            charged_per_s=round(spent.charged[0] / (stretch[1] - stretch[0])),
        ),
        verbs=verbs,
        reserves=reserves,
        overspend=str(spent.overspend),
        refused=refused,
        errors=dict(measured.errors),
    )
    return replace(result, needs=needs_of(result))


class _Measurement:
    """The parts, one after the other, on one worker."""

    def __init__(self, world: OnlineWorld, worker: OnlineWorker) -> None:
        self._world = world
        self._worker = worker
        self._seconds = world.amount.seconds
        self.errors: Counter[str] = Counter()

    def series(self, how: str) -> Series:
        """By each number of callers, on many accounts and on one, and by the broker alone."""
        found = Series(callers={}, hot={}, bare_produce={})
        for callers in CALLERS:
            self._world.tell(f"{how}: {callers} callers on many accounts, then on one")
            began = time.time()
            bare_s = max(_BARE_S_MIN, self._seconds / _BARE_SHARE)
            found.bare_produce[str(callers)] = bare_produce(self._world.site.kafka, callers, bare_s)
            rest = self._worker.cpu_now(began, time.time())
            many = Asking(name=MANY, callers=callers, accounts=ACCOUNTS)
            found.callers[str(callers)] = self._ask(many, rest)
            found.hot[str(callers)] = self._ask(Asking(name=HOT, callers=callers), rest)
        return found

    def verbs(self) -> dict[str, Answered]:
        """Each verb of a whole dialogue by itself."""
        self._world.tell(f"{_FEW} callers: {', '.join(WHOLE)}")
        asking = Asking(name=MANY, callers=_FEW, accounts=ACCOUNTS, dialogue=WHOLE)
        (calls,) = self._worker.ask([asking], self._seconds)
        self.errors.update(calls.errors)
        return {verb: calls.answered(verb=place) for place, verb in enumerate(WHOLE)}

    def reserves(self) -> dict[str, Answered]:
        """Reserves alone: sessions that stay, on accounts that are not asked for after that."""
        self._world.tell(f"{_LOTS} callers that only reserve, on many accounts, then on one")
        return {
            name: self._ask(
                Asking(name=kept, callers=_LOTS, accounts=accounts, dialogue=("reserve",)), 0.0
            )
            for name, kept, accounts in ((MANY, KEPT, ACCOUNTS), (HOT, KEPT_HOT, 1))
        }

    def dry(self) -> int:
        """Callers on one account until nothing is left, and beyond; how often it was refused."""
        self._world.tell(f"{_LOTS} callers on an account that runs dry")
        (calls,) = self._worker.ask([Asking(name=DRY, callers=_LOTS)], self._seconds / 2)
        self.errors.update(calls.errors)
        return calls.refused

    def _ask(self, asking: Asking, rest: float) -> Answered:
        (calls,) = self._worker.ask([asking], self._seconds)
        self.errors.update(calls.errors)
        return replace(calls.answered(), cpu_us=self._worker.cpu_us(calls, rest=rest))
