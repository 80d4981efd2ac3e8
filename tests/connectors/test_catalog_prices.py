"""Prices and measures that cannot be: told at their place, with what was expected; none half read.

Each mistake is written into a catalog that is sound without it.
"""

from pathlib import Path

import pytest

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog, pack_catalog, unpack_catalog
from streams.rate.plan import compile_catalog

CATALOG = """\
tenant: shop
currencies: [{{code: CHF}}]
usage_types: [{{id: used, units: [u, v], attributes: [size, current]}}]
accumulators: [{{id: month}}, {{id: of_v, usage_units: [v]}}, {{id: events, sums: records}}]
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: offer
        usage_type: used
        from: 2020-01-01
        impacts: [month, of_v, events]
        measures: {measures}
        prices:
          - {price}
          - per_unit: {{amounts: {{v: 1}}}}
"""
TIERS = "tiers: [{up_to: 10, unit_amount: 1}, {unit_amount: 2}]"
SLOTS = "slots: [{rate: 1}, {from_s: 60, rate: 2}]"


def read(folder: Path, price: str, measures: str) -> Catalog | list[str]:
    (folder / "catalog.yaml").write_text(CATALOG.format(price=price, measures=measures))
    found = read_catalog(folder)
    return found if isinstance(found, Catalog) else [str(problem) for problem in found]


SOUND = [
    "standard: {amounts: {u: 1}, per: 10}",
    "flat: {units: [u], amount: 1}",
    "package: {unit: u, size: 10, amount: 1, free_units: 5, rounding: half_up, reference: month}",
    f"SLAB: {{unit: u, reference: month, beyond: refuse, {TIERS}}}",
    f"volume: {{unit: u, reference: month, mode: prospective, settle: period_end, {TIERS}}}",
    "stairstep: {unit: u, mode: replace, tiers: [{up_to: 10, flat_amount: 1}]}",
    "blocks: {unit: u, policy: TOP_TIER, tiers: [{block_size: 10, block_amount: 1}]}",
    "capacity: {units: [u], references: {u: month}, tiers: [{limits: {u: 1}, amount: 1}]}",
    "percentage: {unit: u, rate_percent: 1, free_events: 1, events: events}",
    "graduated_percentage: {unit: u, tiers: [{rate_percent: 1}]}",
    "dynamic: {unit: u, multiplier: 2, cost: size}",
    "dynamic_event_amount: {unit: u, amount: size}",
    "matrix: {unit: u, groups: [{group: a, rows: [{ranges: {size: {from: 1}}, unit_amount: 1}]}]}",
    "by_attribute: {unit: u, rows: [{when: {size: big}, flat_amount: 1}, {unit_amount: 1}]}",
    "threshold: {unit: u, per_started: 60, levels: [{up_to: 60, amount: 1}, {amount: -2}]}",
    f"telecom_rate: {{unit: u, elapsed: size, rounding: {{method: up, decimals: 2}}, {SLOTS}}}",
    "beat: {unit: u, beat_s: 60, amount_per_beat: 1, max_s: 100}",
    "llm_tokens: {amounts: {u: 1}, contexts: [{above: 5, amounts: {u: 2}}],"
    " markup: [{percent: 5}]}",
    "ev: {units: {energy: u}, components: [{dimension: energy, amount: 1, when: {days: [mon]}}]}",
    "sla: {unit: u, target: 99, fee: 5, bands: [{from: 98, below: 99, percent: 10}]}",
    "composite: {parts: [{flat: {units: [u], amount: 1}}, {per_unit: {amounts: {u: 1}}}]}",
]


@pytest.mark.parametrize("price", SOUND)
def test_every_kind_of_price_can_be_written(tmp_path: Path, price: str) -> None:
    catalog = read(tmp_path, price, "{}")
    assert isinstance(catalog, Catalog), catalog
    again = unpack_catalog(pack_catalog(catalog))
    assert again == catalog
    assert pack_catalog(again) == pack_catalog(catalog)
    assert compile_catalog(again).version == compile_catalog(catalog).version


@pytest.mark.parametrize(
    ("price", "pointer", "message"),
    [
        ("when: {}", "", "expected exactly one kind of price, found none"),
        ("{flat: {units: [u], amount: 1}, per_unit: {amounts: {u: 1}}}", "",
         "expected exactly one kind of price, found per_unit and flat"),
        ("flat: {units: [], amount: 1}", "/flat/units", "expected at least one unit"),
        ("flat: {units: [w], amount: 1}", "/flat/units/0", 'no unit "w"'),
        ("flat: {units: [u], amount: -1}", "/flat/amount", "expected 0 or more, found -1"),
        ("package: {unit: u, size: 0, amount: 1}", "/package/size", "expected more than 0"),
        ("package: {unit: u, size: 1, amount: 1, rounding: near}", "/package/rounding",
         "expected one of"),
        ("graduated: {unit: u, tiers: []}", "/graduated/tiers", "expected at least one tier"),
        ("SLAB: {unit: u, reference: of_v, tiers: [{unit_amount: 1}]}", "/SLAB/reference",
         'moves accumulator "of_v" by u'),
        ("SLAB: {unit: u, reference: events, tiers: [{unit_amount: 1}]}", "/SLAB/reference",
         "counts records, not quantity"),
        ("volume: {unit: u, tiers: [{up_to: 5, unit_amount: 1}, {up_to: 5, unit_amount: 1}]}",
         "/volume/tiers/1/up_to", "tiers must rise: expected more than 5"),
        ("volume: {unit: u, mode: prospective, tiers: [{unit_amount: 1}]}", "/volume/mode",
         "needs a reference"),
        ("volume: {unit: u, settle: period_end, tiers: [{unit_amount: 1}]}", "/volume/settle",
         "needs a reference"),
        ("stairstep: {unit: u, mode: replace, tiers: [{flat_amount: 1}, {flat_amount: 2}]}",
         "/stairstep/tiers/0", "only the last tier has no end"),
        ("blocks: {unit: u, policy: some, tiers: [{block_size: 1, block_amount: 1}]}",
         "/blocks/policy", "expected one of"),
        ("blocks: {unit: u, policy: top_tier, tiers: [{block_size: 0, block_amount: 1}]}",
         "/blocks/tiers/0/block_size", "expected more than 0"),
        ("blocks: {unit: u, policy: top_tier, tiers: [{block_size: 1, block_amount: 1},"
         " {block_size: 1, block_amount: 1}]}", "/blocks/tiers/0", "expected max_blocks"),
        ("capacity: {units: [u], tiers: [{limits: {v: 1}, amount: 1}]}",
         "/capacity/tiers/0/limits/v", 'no unit "v"'),
        ("capacity: {units: [u], tiers: [{limits: {u: 2}, amount: 1},"
         " {limits: {u: 2}, amount: 3}]}",
         "/capacity/tiers/1", "never reached"),
        ("capacity: {units: [u], references: {u: none}, tiers: [{amount: 1}]}",
         "/capacity/references/u", 'no accumulator "none"'),
        ("percentage: {unit: u, rate_percent: 1, min_per_event: 5, max_per_event: 4}",
         "/percentage/max_per_event", "expected 5 or more, found 4"),
        ("percentage: {unit: u, rate_percent: 1, free_events: 3}", "/percentage/events",
         'no accumulator ""'),
        ("percentage: {unit: u, rate_percent: 1, free_events: 3, events: month}",
         "/percentage/events", "does not count the records"),
        ("percentage: {unit: u, rate_percent: 1, amounts: month}", "/percentage/amounts",
         'stands only beside "free_amount"'),
        ("dynamic: {unit: u, cost: price}", "/dynamic/cost", 'no attribute "price"'),
        ("matrix: {unit: u, groups: []}", "/matrix/groups", "expected at least one group"),
        ("by_attribute: {unit: u, rows: [{ranges: {size: {from: 2, below: 2}}}]}",
         "/by_attribute/rows/0/ranges/size/below", "expected more than 2"),
        ("by_attribute: {unit: u, rows: [{unit_amount: 1}, {unit_amount: 2}]}",
         "/by_attribute/rows/1", "never reached"),
        ("threshold: {unit: u, levels: [{amount: 1}]}", "/threshold/levels/0",
         "expected one of from, above or up_to"),
        ("threshold: {unit: u, levels: [{from: 2, amount: 1}, {up_to: 3, amount: 1}]}",
         "/threshold/levels/1", "expected one way"),
        ("threshold: {unit: u, levels: [{from: 2, amount: 1}, {from: 2, amount: 1}]}",
         "/threshold/levels/1/from", "levels must rise"),
        ("telecom_rate: {unit: u, slots: [{from_s: 1, rate: 1}]}", "/telecom_rate/slots/0/from_s",
         "expected 0, found 1"),
        ("telecom_rate: {unit: u, slots: [{rate: 1, increment_s: 7}, {from_s: 60, rate: 1}]}",
         "/telecom_rate/slots/1/from_s", "a multiple of 7"),
        (f"telecom_rate: {{unit: u, max_cost_strategy: disconnect, {SLOTS}}}",
         "/telecom_rate/max_cost_strategy", 'stands only beside "max_cost"'),
        (f"telecom_rate: {{unit: u, rounding: {{method: up, decimals: 13}}, {SLOTS}}}",
         "/telecom_rate/rounding/decimals", "expected 0 to 12"),
        ("beat: {unit: u, beat_s: 0, amount_per_beat: 1}", "/beat/beat_s", "more than 0"),
        ("llm_tokens: {amounts: {}}", "/llm_tokens/amounts", "at least one kind of token"),
        ("llm_tokens: {amounts: {u: 1}, contexts: [{above: 5, amounts: {v: 1}}]}",
         "/llm_tokens/contexts/0/amounts/v", 'no amount "v"'),
        ("llm_tokens: {amounts: {u: 1}, markup: [{percent: 1}, {percent: 2}]}",
         "/llm_tokens/markup/1", "never reached"),
        ("llm_tokens: {amounts: {u: 1}, batch: {when: {mode: batch}}}",
         "/llm_tokens/batch/when/mode", 'no attribute "mode"'),
        ("ev: {units: {energy: u}, components: [{dimension: time, amount: 1}]}",
         "/ev/components/0/dimension", 'no unit is named for "time"'),
        ("ev: {units: {energy: u}, components: [{dimension: energy, amount: 1},"
         " {dimension: energy, amount: 2}]}", "/ev/components/1", "never reached"),
        ("ev: {units: {energy: u}, minimum: 5, maximum: 4, components:"
         " [{dimension: flat, amount: 1}]}", "/ev/maximum", "expected 5 or more"),
        ("composite: {parts: [{flat: {units: [u], amount: 1}}]}", "/composite/parts",
         "expected two parts or more"),
        ("composite: {parts: [{flat: {units: [u], amount: 1}}, {flat: {units: [w], amount: 1}}]}",
         "/composite/parts/1/flat/units/0", 'no unit "w"'),
        ("flat: {units: [u], amount: 1, per: 2}", "/flat/per", '"per" is not a word'),
        ("sla: {unit: u, target: 9, bands: []}", "/sla", 'expected "fee" or "charges"'),
        ("sla: {unit: u, target: 9, fee: 1, bands: []}", "/sla/bands", "at least one band"),
        ("sla: {unit: u, target: 9, charges: month, bands: [{below: 9, percent: 1}]}",
         "/sla/charges", "does not sum amounts"),
        ("sla: {unit: u, target: 9, fee: 1, bands: [{below: 10, percent: 1}]}",
         "/sla/bands/0/below", "ends above the target of 9"),
        ("sla: {unit: u, target: 9, fee: 1, bands: [{from: 5, below: 5, percent: 1}]}",
         "/sla/bands/0/below", "not above its start"),
        ("sla: {unit: u, target: 9, fee: 1, bands: [{below: 5, percent: 101}]}",
         "/sla/bands/0/percent", "expected 0 to 100"),
        ("sla: {unit: u, target: 9, fee: 1, bands: [{below: 5, percent: 1},"
         " {from: 4, below: 6, percent: 1}]}",
         "/sla/bands/1/from", "overlaps the band from 0"),
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_is_told(
    tmp_path: Path, price: str, pointer: str, message: str
) -> None:
    problems = read(tmp_path, price, "{}")
    assert isinstance(problems, list)
    where = f"(/price_plans/0/offers/0/prices/0{pointer})"
    told = [each for each in problems if message in each and each.endswith(where)]
    assert told, problems
    assert told[0].startswith("catalog.yaml:15: error: ")


@pytest.mark.parametrize(
    ("measures", "pointer", "message"),
    [
        ("{u: {convert: {}}}", "/u/convert", "expected divide_by or multiply_by, found neither"),
        ("{u: {convert: {divide_by: 1, multiply_by: 1}}}", "/u/convert", "found divide_by and"),
        ("{u: {convert: {divide_by: 0}}}", "/u/convert/divide_by", "expected more than 0"),
        ("{u: {convert: {divide_by: 2, unit: v}}}", "/u/convert/unit", "measured by itself"),
        ("{u: {round: {method: floor, decimals: 99}}}", "/u/round/decimals", "expected -12 to 12"),
        ("{u: {free_units: -1}}", "/u/free_units", "expected 0 or more"),
        ("{u: {free_units: 1, reference: of_v}}", "/u/reference", "by u"),
        ("{w: {minimum: 1}}", "/w", 'no unit "w"'),
    ],
)
def test_a_measure_that_cannot_be_is_told(
    tmp_path: Path, measures: str, pointer: str, message: str
) -> None:
    problems = read(tmp_path, "per_unit: {amounts: {u: 1}}", measures)
    assert isinstance(problems, list)
    where = f"(/price_plans/0/offers/0/measures{pointer})"
    assert any(message in each and each.endswith(where) for each in problems), problems


def test_prices_name_the_unit_that_a_measure_converts_into(tmp_path: Path) -> None:
    measures = "{u: {convert: {divide_by: 1000, unit: k}}}"
    assert isinstance(read(tmp_path, "per_unit: {amounts: {k: 1}}", measures), Catalog)
    problems = read(tmp_path, "per_unit: {amounts: {u: 1}}", measures)
    assert isinstance(problems, list)
    assert 'no unit "u"' in problems[0]
