"""What charging a record costs, by kind of price and for three whole cases; the core alone.

The catalog is `catalog/prices.yaml`; the voice case has a deck of a million prefixes, which no file
should hold.
"""

import gc
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from infra.bench.zones import random_deck
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.catalog import Catalog
from streams.model.command import ActivateCatalog, AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER, SECOND, Instant
from streams.model.usage import SourcePosition, Usage, UsageRecord
from streams.rate.plan import Plan
from streams.state import Effects

CATALOG: Final = Path(__file__).parent / "catalog"
_TENANT: Final = "bench"
_TAXED: Final = "voice"
"""The price plan whose account lives where usage is taxed and shared."""
_ROUNDS: Final = 3
_STEP: Final = 500
"""Records of a step, as an owner takes them."""
_NOON: Final[Instant] = 1_780_315_200 * SECOND
"""2026-06-01T12:00Z, a Monday."""

Measured = tuple[dict[str, int], dict[str, str]]
"""The units and attributes of a record."""

KINDS: Final[dict[str, Measured]] = {
    "per_unit": ({"u": 137}, {}),
    "flat": ({"u": 137}, {}),
    "package": ({"u": 137}, {}),
    "graduated": ({"u": 137}, {}),
    "volume": ({"u": 137}, {}),
    "stairstep": ({"u": 137}, {}),
    "blocks": ({"u": 537}, {}),
    "capacity": ({"u": 137, "v": 20}, {}),
    "percentage": ({"u": 137}, {}),
    "graduated_percentage": ({"u": 137}, {}),
    "dynamic": ({"u": 137}, {"cost": "0.25"}),
    "matrix": ({"u": 137}, {"size": "big"}),
    "by_attribute": ({"u": 137}, {"size": "big"}),
    "threshold": ({"u": 137}, {}),
    "sla": ({"u": 137}, {}),
    "telecom_rate": ({"u": 137}, {}),
    "beat": ({"u": 137}, {}),
    "llm_tokens": (
        {"input_tokens": 1200, "output_tokens": 350, "cache_read_input_tokens": 800},
        {},
    ),
    "ev": ({"u": 22, "v": 3600}, {}),
    "cost_plus": ({"u": 137}, {}),
    "composite": ({"u": 137}, {}),
}
"""A fitting record for each kind of price; its price plan has the kind's name."""

LLM: Final = "llm: model, three kinds of token, allowance"
VOICE: Final = "voice: a million prefixes, band, tiers, allowance, tax, share"
API: Final = "api: flat"
_CASES: Final[dict[str, tuple[str, str, Measured]]] = {
    LLM: (
        "llm",
        "tokens",
        (
            {"input_tokens": 1200, "output_tokens": 350, "cache_read_input_tokens": 800},
            {"model": "large"},
        ),
    ),
    VOICE: ("voice", "call", ({"s": 137}, {"called": "41446681800"})),
    API: ("api", "request", ({"requests": 1}, {})),
}


class PricesResult(Struct, kw_only=True):
    """Microseconds a record on one core. `long_call` is a call of an hour over one of a minute."""

    kinds: dict[str, float]
    cases: dict[str, float]
    long_call: float


def measure_prices(*, records: int = 5_000, prefixes: int = 1_000_000) -> PricesResult:
    """Charge `records` of each kind and case, some rounds; the fastest counts."""
    catalog = load_catalog(CATALOG)
    plan = compile_plan(catalog)
    kinds = {
        kind: _charge_us(plan, kind, "used", measured, records) for kind, measured in KINDS.items()
    }
    calls = [_charge_us(plan, "seconds", "call", ({"s": s}, {}), records) for s in (60, 3600)]
    decked = _with_deck(catalog, prefixes)
    cases = {
        name: _charge_us(decked, price_plan, usage_type, measured, records)
        for name, (price_plan, usage_type, measured) in _CASES.items()
    }
    return PricesResult(kinds=kinds, cases=cases, long_call=round(calls[1] / calls[0], 3))


def _with_deck(catalog: Catalog, prefixes: int) -> Plan:
    deck = random_deck(prefixes=prefixes, seed=1)
    zones = (replace(deck, id=catalog.zone_units[0].id, default="zone0"),)
    return compile_plan(replace(catalog, zone_units=zones))


def _charge_us(
    plan: Plan, price_plan: str, usage_type: str, measured: Measured, records: int
) -> float:
    """Microseconds a record of the fastest round."""
    spent = []
    for _ in range(_ROUNDS):
        core, state = _world(plan, price_plan)
        batch = _records(usage_type, measured, records)
        gc.collect()
        gc.disable()
        began = time.process_time()
        charged = _charge(core, state, batch)
        spent.append(time.process_time() - began)
        gc.enable()
        assert charged == records, (price_plan, charged)
    return round(min(spent) * 1e6 / records, 2)


def _world(plan: Plan, price_plan: str) -> tuple[Charging, MemoryState]:
    core = Charging(plans={plan.version: plan}, partitions=1, partition=0)
    state, effects = MemoryState(), Effects()
    lives = {"country": "CH"} if price_plan == _TAXED else {}
    for command in (
        ActivateCatalog("activate", _TENANT, plan.version, BEGINNING),
        PutAccount("put", _TENANT, "a", "a", "postpaid", "USD", "UTC", None, lives),
        AssignService("assign", _TENANT, "s", "a", "a", "1", price_plan, BEGINNING, FOREVER),
    ):
        core.apply_command(command, state=state, effects=effects)
    return core, state


def _records(usage_type: str, measured: Measured, count: int) -> list[UsageRecord]:
    quantities, attributes = measured
    usages = tuple(Usage(unit, quantity) for unit, quantity in quantities.items())
    return [
        UsageRecord(
            number.to_bytes(16, "big"),
            _TENANT,
            "bench",
            str(number),
            0,
            number,
            0,
            usage_type,
            "s",
            "a",
            _NOON,
            _NOON,
            usages,
            attributes,
        )
        for number in range(count)
    ]


def _charge(core: Charging, state: MemoryState, batch: Sequence[UsageRecord]) -> int:
    charged = 0
    for start in range(0, len(batch), _STEP):
        effects = Effects()
        for number, record in enumerate(batch[start : start + _STEP], start):
            where = SourcePosition("bench", 0, number, 0)
            core.charge_record(record, position=where, state=state, effects=effects)
        core.settle(state, effects)
        charged += len(effects.rated)
    return charged


def rows_of(result: PricesResult) -> Mapping[str, float]:
    """Cases, then kinds, by name: what a table shows."""
    return result.cases | result.kinds
