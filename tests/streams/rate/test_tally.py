"""Totals that stand by themselves: their names, and what becomes of them as catalogs change."""

from pathlib import Path

import pytest

from connectors.catalog.compile import compile_plan
from connectors.catalog.load import load_catalog
from streams.charge import Charging
from streams.memory import MemoryState
from streams.model.command import ActivateCatalog, AssignService, PutAccount, Tick
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, Instant
from streams.model.money import Quantity
from streams.model.tally import Tally
from streams.model.usage import SourcePosition, Usage, UsageRecord, record_id_of
from streams.state import Effects, Table

START = 1_773_100_800_000_000
"""2026-03-10T00:00:00Z."""
CATALOG = """
tenant: t
currencies: [{code: CHF}]
usage_types: [{id: talk, units: [s], attributes: [who, kind]}]
accumulators: [{id: x, WORDS}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: o
        usage_type: talk
        from: 2020-01-01
        impacts: [x]
        prices: [{per_unit: {amounts: {s: 1}}}]
"""
BANDED = """
tenant: t
currencies: [{code: CHF}]
usage_types: [{id: talk, units: [s]}]
time_units:
  - id: hours
    bands: [{band: peak, days: [ANYDAY], from: "08:00", to: "20:00"}]
    default: offpeak
accumulators: [{id: x, WORDS}, {id: all, aggregate: max}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: o
        usage_type: talk
        from: 2020-01-01
        time_unit: hours
        impacts: [x, all]
        prices: [{graduated: {unit: s, tiers: [{up_to: 9, unit_amount: 1}, {unit_amount: 2}]}}]
"""


class World:
    def __init__(self, folder: Path, words: str, text: str = CATALOG) -> None:
        self.folder, self.text, self.number = folder, text, 0
        self.plans = {}
        self.state, self.effects = MemoryState(), Effects()
        self.core = Charging(plans=self.plans, partitions=1, partition=0)
        self.activate(words, BEGINNING)
        for command in (
            PutAccount("a", "t", "ada", "ada", "postpaid", "CHF", "UTC", None),
            AssignService("1", "t", "1", "ada", "ada", "x", "plan", BEGINNING, FOREVER),
        ):
            self.core.apply_command(command, state=self.state, effects=self.effects)

    def activate(self, words: str, start: Instant) -> None:
        (self.folder / "catalog.yaml").write_text(self.text.replace("WORDS", words))
        plan = compile_plan(load_catalog(self.folder))
        self.plans[plan.version] = plan
        command = ActivateCatalog(f"c-{plan.version}", "t", plan.version, start)
        self.core.apply_command(command, state=self.state, effects=self.effects)

    def charge(
        self, quantity: Quantity, at: Instant, lasting: Instant = 0, **attributes: str
    ) -> None:
        self.number += 1
        name = f"e{self.number}"
        record = UsageRecord(
            record_id_of(tenant="t", source="s", event_id=name, part=0),
            "t", "s", name, 0, self.number, 0, "talk", "1", "ada", at, at + lasting,
            (Usage("s", quantity),), attributes,
        )  # fmt: skip
        position = SourcePosition("t", 0, self.number, 0)
        self.core.charge_record(record, position=position, state=self.state, effects=self.effects)

    def tick(self, at: Instant) -> None:
        self.core.apply_command(Tick(f"t{at}", at), state=self.state, effects=self.effects)

    def tallies(self) -> dict[str, Tally]:
        held = self.state.table(Table.TALLIES)
        return {
            key.decode().partition("\0")[2].partition("\0")[2]: each for key, each in held.items()
        }

    def totals(self) -> dict[str, Quantity]:
        return {name: tally.totals[-1][-1] for name, tally in self.tallies().items()}


def test_what_is_used_in_one_band_counts_by_the_parts_of_a_record(tmp_path: Path) -> None:
    world = World(tmp_path, "when: {band: peak}", BANDED)
    world.charge(40, START + 7 * HOUR, 4 * HOUR)
    assert world.totals() == {"x": 30, "all": 40}
    world.charge(4, START + 7 * HOUR)
    world.charge(5, START + 20 * HOUR - 1)
    assert world.totals() == {"x": 35, "all": 40}


def test_what_stands_in_a_value_separates_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, "by: [who], aggregate: max")
    for who in ("a/b", "a\0b", "a%2Fb", ""):
        world.charge(len(who) or 9, START, who=who)
    assert world.totals() == {"x/who=a%2Fb": 3, "x/who=a%00b": 3, "x/who=a%252Fb": 5, "x/who=": 9}


def test_another_aggregate_begins_anew(tmp_path: Path) -> None:
    world = World(tmp_path, "aggregate: max")
    world.charge(9, START)
    world.activate("aggregate: min", START + DAY)
    world.charge(11, START + DAY)
    (tally,) = world.tallies().values()
    assert (tally.counted[0], tally.totals[-1][-1]) == ("min", 11)


def test_another_window_begins_anew(tmp_path: Path) -> None:
    world = World(tmp_path, "rolling: 3d")
    world.charge(9, START)
    world.activate("rolling: 2d", START + HOUR)
    world.charge(11, START + HOUR)
    assert world.totals() == {"x": 11}


@pytest.mark.parametrize(("after", "held"), [(-1, {"x": 9}), (0, {})])
def test_what_is_over_is_dropped_by_a_tick(
    tmp_path: Path, after: int, held: dict[str, Quantity]
) -> None:
    world = World(tmp_path, "rolling: 2h")
    world.charge(9, START)
    world.tick(START + 4 * HOUR + after)
    assert world.totals() == held


def test_what_is_over_and_still_there_is_not_seen(tmp_path: Path) -> None:
    world = World(tmp_path, "period: life, closes_after: 1d")
    world.charge(9, START)
    kept = dict(world.state.values)
    world.tick(START + DAY)
    assert world.totals() == {}
    world.state.values |= {at: each for at, each in kept.items() if at[0] == Table.TALLIES}
    world.charge(2, START + DAY)
    assert world.totals() == {"x": 2}


def test_values_that_are_no_text_are_told_apart_too(tmp_path: Path) -> None:
    world = World(tmp_path, "aggregate: unique, of: units.s > 5")
    for quantity in (1, 2, 9):
        world.charge(quantity, START)
    assert world.totals() == {"x": 2}


def test_a_number_too_large_leaves_the_record_waiting(tmp_path: Path) -> None:
    world = World(tmp_path, "of: units.s * 1000000000000000000")
    world.charge(1, START)
    world.charge(2, START)
    assert world.totals() == {"x": 10**18}
    (verdict,) = world.effects.verdicts
    assert (verdict.code, verdict.lacks) == ("no_quantity", "accumulator:t:x")
