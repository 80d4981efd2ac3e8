"""Online charging for many minutes, beside usage: what stays as it was in the first minute."""

import time
from collections import Counter
from typing import Final

from msgspec import Struct

from infra.bench.callers import Answered, Asking
from infra.bench.engines import BenchPlace
from infra.bench.measuring import Tell, own_place
from infra.bench.online_world import (
    ACCOUNTS,
    DRY,
    HOT,
    MANY,
    NAMES,
    OnlineAmount,
    OnlineWorker,
    OnlineWorld,
)
from infra.bench.overspend import read_spent
from infra.load.plan import Workload

_MINUTE_S: Final = 60.0
_SHARE: Final = 10
"""A tenth of the full rate, since all of it stays on disk until the end."""
_MIB: Final = 1024 * 1024
ASKINGS: Final = (
    Asking(name=MANY, callers=48, accounts=ACCOUNTS),
    Asking(name=HOT, callers=12),
    Asking(name=DRY, callers=4),
)


class Minute(Struct, kw_only=True):
    """What callers on many accounts saw, and the most memory the worker held."""

    answered: Answered
    rss_mb: int


class LongResult(Struct, kw_only=True):
    """Minute by minute; `errors` are all answers that were neither done nor refused for money."""

    minutes: list[Minute]
    charged_per_s: int
    overspend: str
    refused: int
    errors: dict[str, int]


def measure_long(
    place: BenchPlace, amount: OnlineAmount, *, minutes: float, tell: Tell
) -> LongResult:
    """Have 64 callers ask for so many minutes: on many accounts, on one, on one that runs dry."""
    with own_place(place.site, Workload.API) as here:
        world = OnlineWorld(here, amount, tell)
        with world.worker() as worker, world.load(world.capacity_per_s / _SHARE):
            began = time.time()
            found = _minutes(world, worker, minutes)
            stretch = (began, time.time())
        tell("what stands in the ledger")
        spent = read_spent(here.kafka, NAMES, [stretch])
    return LongResult(
        minutes=found[0],
        charged_per_s=round(spent.charged[0] / (stretch[1] - stretch[0])),
        overspend=str(spent.overspend),
        refused=found[2],
        errors=dict(found[1]),
    )


def _minutes(
    world: OnlineWorld, worker: OnlineWorker, minutes: float
) -> tuple[list[Minute], Counter[str], int]:
    """Each minute, with the errors and refusals of all. Callers come anew every minute."""
    found: list[Minute] = []
    errors: Counter[str] = Counter()
    refused = 0
    left_s = minutes * _MINUTE_S
    while left_s > 0:
        world.tell(f"{left_s / _MINUTE_S:.1f} minutes to go")
        seen = worker.ask(ASKINGS, min(left_s, _MINUTE_S))
        left_s -= _MINUTE_S
        first, last = seen[0].warm
        rss = worker.meter.rss_between(first, last)
        found.append(Minute(answered=seen[0].answered(), rss_mb=rss // _MIB))
        for calls in seen:
            errors.update(calls.errors)
            refused += calls.refused
    return found, errors, refused
