"""A rate deck of a million prefixes: what it takes to compile, and what a look-up costs."""

import time
from random import Random

from msgspec import Struct

from streams.model.usage import UsageRecord
from streams.model.zone_unit import ANYTHING, ZoneRow, ZoneUnit
from streams.rate.zone_unit import ZoneTable

_ZONES = 3_000
_NUMBERS = 100_000
_STEP = 500


class ZonesResult(Struct, kw_only=True):
    """Seconds to compile, microseconds a look-up of numbers seen for the first time."""

    prefixes: int
    compile_s: float
    lookup_us: float


def measure_zones(*, prefixes: int = 1_000_000, seed: int = 1) -> ZonesResult:
    """Compile a random deck and look up random numbers, none of them twice."""
    rng, unit = Random(seed), random_deck(prefixes=prefixes, seed=seed)
    began = time.process_time()
    zone_for = ZoneTable(unit).zone_for
    compiled = time.process_time() - began
    spent = 0.0
    for _ in range(_NUMBERS // _STEP):
        # Made step by step, as they come to an owner: of old ones each look-up would be measured
        # with fetching the number from memory.
        records = [_record(str(rng.randrange(10**11))) for _ in range(_STEP)]
        began = time.process_time()
        for record in records:
            zone_for(record)
        spent += time.process_time() - began
    return ZonesResult(
        prefixes=prefixes,
        compile_s=round(compiled, 2),
        lookup_us=round(spent * 1e6 / _NUMBERS, 2),
    )


def random_deck(*, prefixes: int, seed: int) -> ZoneUnit:
    """Random prefixes of up to nine digits, by attribute `called`."""
    rng = Random(seed)
    known: set[str] = set()
    while len(known) < prefixes:
        known.add(str(rng.randrange(10 ** rng.randrange(2, 10))))
    rows = tuple(
        ZoneRow(prefix + ANYTHING, f"zone{number % _ZONES}")
        for number, prefix in enumerate(sorted(known))
    )
    return ZoneUnit(id="deck", destination=("called",), rows=rows)


def _record(called: str) -> UsageRecord:
    return UsageRecord(b"", "t", "s", "e", 0, 0, 0, "call", "x", "x", 0, 0, (), {"called": called})
