"""What a plan knows of a catalog before any record comes."""

from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from streams.rate.true_up import alone
from tests.streams.rate.catalogs import plan_of

CATALOG = """
tenant: shop
currencies: [{code: CHF, rounding: half_up}, {code: JPY, rounding: half_up}]
service_types: [{id: counted}]
usage_types:
  - {id: free, units: [n]}
  - {id: charged, units: [n]}
  - {id: counted, units: [n], service_type: counted}
  - {id: level, units: [n], held: level}
  - {id: change, units: [n], held: change}
rate_units: [{id: counted, service_type: counted, expression: "1"}]
rate_unit_maps: [{service_type: counted, rate_unit: counted}]
accumulators: [{id: total}, {id: of_n, usage_units: [n]}, {id: records, sums: records}]
price_plans:
  - id: francs
    currency: CHF
    offers:
      - {id: a, usage_type: free, from: 2020-01-01, prices: [{flat: {units: [n], amount: 1}}]}
      - id: b
        usage_type: charged
        from: 2020-01-01
        zero_usage: charge
        impacts: [total, of_n, records]
        prices: [{flat: {units: [n], amount: 1}}]
  - id: yen
    currency: JPY
    offers:
      - {id: a, usage_type: free, from: 2020-01-01, prices: [{flat: {units: [n], amount: 1}}]}
"""

RUNNING = """
tenant: shop
currencies: [{code: CHF, rounding: half_up}]
service_types: [{id: seats}, {id: lines}]
usage_types:
  - {id: seats, units: [seats], service_type: seats, held: change, attributes: [kind]}
  - {id: lines, units: [lines], service_type: lines, held: change}
  - {id: data, units: [gb]}
rate_units:
  - {id: seats, service_type: seats, expression: units.seats, drives_recurring: true}
  - {id: pairs, service_type: seats, expression: units.seats / 2, drives_recurring: true}
  - {id: trios, service_type: seats, expression: units.seats / 3}
  - {id: lines, service_type: lines, expression: units.lines, drives_recurring: true}
rate_unit_maps:
  - {service_type: lines, rate_unit: lines}
  - {service_type: seats, rate_unit: trios, when: {kind: three}}
  - {service_type: seats, rate_unit: seats, when: {kind: one}}
  - {service_type: seats, rate_unit: pairs}
accumulators: [{id: used}]
allowances: [{id: included, unit: gb, usage_units: [gb]}]
thresholds: [{id: half, watch: allowance, resource: included, percent: 50}]
price_plans:
  - id: plan
    currency: CHF
    fees:
      - {id: seats, every: month, driven_by: seats, amount: 30}
      - {id: pairs, every: month, driven_by: pairs, amount: 50}
      - {id: lines, every: month, driven_by: lines, amount: 7}
      - {id: support, every: month, amount: 5}
    grants: [{allowance: included, quantity: 1}]
    commitments: [{id: least, every: month, minimum: 10}]
    offers:
      - id: seats
        usage_type: seats
        from: 2020-01-01
        prices: [{per_unit: {amounts: {seats: 5}}}]
      - id: lines
        usage_type: lines
        from: 2020-01-01
        prices: [{per_unit: {amounts: {lines: 5}}}]
      - id: data
        usage_type: data
        from: 2020-01-01
        impacts: [used, included]
        prices:
          - volume:
              unit: gb
              reference: used
              settle: period_end
              mode: prospective
              tiers: [{unit_amount: 2}]
"""


def test_what_measured_nothing_goes_on_where_something_else_says_how_much(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, CATALOG)
    assert plan.tenant == "shop"
    assert plan.charges_zero == {"charged", "counted", "level"}
    assert plan.dedupe_days == {}


def test_smallest_amounts_are_those_of_the_currency(tmp_path: Path) -> None:
    plans = plan_of(tmp_path, CATALOG).price_plans
    francs, yen = plans["francs"].terms, plans["yen"].terms
    assert (str(francs.quantum), str(francs.nothing)) == ("0.01", "0.00")
    assert (str(yen.quantum), str(yen.nothing)) == ("1", "0")


def test_what_an_offer_moves_and_counts(tmp_path: Path) -> None:
    offer = plan_of(tmp_path, CATALOG).price_plans["francs"].offers["charged"][0]
    assert offer.terms.moves == {"n": ("total", "of_n")}
    assert offer.terms.counts == ("records",)
    assert offer.terms.driven == {}


def test_what_runs_with_an_assignment_is_fees_and_commitments(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, RUNNING).price_plans["plan"]
    assert list(plan.running) == ["seats", "pairs", "lines", "support", "commitment:least"]
    assert len(plan.settlements) == 2


def test_a_rate_unit_drives_its_own_fees_alone(tmp_path: Path) -> None:
    offers = plan_of(tmp_path, RUNNING).price_plans["plan"].offers
    assert offers["seats"][0].terms.driven == {"seats": ("seats",), "pairs": ("pairs",)}
    assert offers["lines"][0].terms.driven == {"lines": ("lines",)}
    assert offers["data"][0].terms.driven == {}


def test_the_longest_window_of_a_types_sources_counts(tmp_path: Path) -> None:
    platforms = "".join(
        f"  - {{id: p{days}, topic: p{days}, format: json, match: {{present: [gb]}},"
        f" dedupe_window_days: {days}, mapping: {{usage_type: data, service_id: s,"
        " occurred_at: t, quantities: [{unit: gb, field: gb}]}}\n"
        for days in (3, 9, 1)
    )
    plan = plan_of(tmp_path, f"{RUNNING}source_platforms:\n{platforms}")
    assert plan.dedupe_days == {"data": 9}


def test_a_threshold_tells_its_level_as_the_grant_was_written(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, RUNNING)
    for granted, level in ((Decimal("1.5"), "0.75"), (Decimal("1.500"), "0.750"), (10, "5")):
        found = plan.thresholds.of_allowance("included", granted)
        assert [(each.level.mark, str(each.level.at)) for each in found] == [("half", level)]


def test_a_charge_that_stands_for_itself_is_not_rounded_with_others(tmp_path: Path) -> None:
    terms = plan_of(tmp_path, RUNNING).price_plans["plan"].offers["data"][0].terms
    for rounds, expected in (("record", "record"), ("line", "line"), ("period", "record")):
        own = replace(terms, plan=replace(terms.plan, rounds=rounds))
        assert alone(own).plan.rounds == expected
