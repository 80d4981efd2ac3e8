"""Which totals and grants have a period of their own, and which one."""

from pathlib import Path

from streams.rate.spans import Spans
from tests.streams.rate.catalogs import plan_of

TOTALS = """
tenant: shop
currencies: [{code: EUR, rounding: half_up}]
usage_types:
  - {id: seats, units: [seats], held: change}
  - {id: data, units: [gb], attributes: [region]}
accumulators:
  - {id: held, period: quarter}
  - {id: used, period: week, by: [region]}
  - {id: month}
discounts:
  - {id: promo, free_units: 5, units: [gb], usage_types: [data], period: day}
  - {id: five, percent: 5, usage_types: [data]}
price_plans:
  - id: mixed
    currency: EUR
    offers:
      - id: seats
        usage_type: seats
        from: 2020-01-01
        prorate: day
        prices: [{per_unit: {amounts: {seats: 1}}}]
      - id: data
        usage_type: data
        from: 2020-01-01
        rounding: {over: period, every: day}
        prices: [{per_unit: {amounts: {gb: 1}}}]
  - id: plain
    currency: EUR
    offers:
      - id: data
        usage_type: data
        from: 2020-01-01
        impacts: [held, used, month]
        prices: [{per_unit: {amounts: {gb: 1}}}]
  - id: best
    currency: EUR
    best_of: {data: [small, large]}
    best_over: period
    best_every: quarter
    offers:
      - {id: small, usage_type: data, from: 2020-01-01, prices: [{per_unit: {amounts: {gb: 1}}}]}
      - {id: large, usage_type: data, from: 2020-01-01, prices: [{flat: {units: [gb], amount: 1}}]}
"""
GRANTS = """
tenant: shop
currencies: [{code: EUR, rounding: half_up}]
usage_types: [{id: data, units: [gb, calls]}]
allowances:
  - {id: gbs, unit: gb, usage_units: [gb], priority: 1}
  - {id: more, unit: gb, usage_units: [gb], priority: 2}
  - {id: unused, unit: gb, usage_units: [gb], priority: 3}
  - {id: money, unit: EUR}
  - {id: taxed, unit: EUR, taxed: true}
discounts: [{id: promo, free_units: 5, units: [gb, calls], usage_types: [data], period: day}]
price_plans:
  - id: plan
    currency: EUR
    grants:
      - {allowance: gbs, quantity: 5, every: day}
      - {allowance: more, quantity: 5, every: week}
      - {allowance: unused, quantity: 5, every: quarter}
      - {allowance: money, quantity: 5, every: quarter}
      - {allowance: taxed, quantity: 5, every: year}
    offers:
      - id: data
        usage_type: data
        from: 2020-01-01
        impacts: [more, gbs, money, taxed]
        prices: [{per_unit: {amounts: {gb: 1, calls: 1}}}]
  - id: other
    currency: EUR
    offers:
      - id: data
        usage_type: data
        from: 2020-01-01
        impacts: [unused]
        prices: [{per_unit: {amounts: {gb: 1, calls: 1}}}]
"""


def units_of(spans: Spans, start: str) -> dict[str, str]:
    """The period of each total whose name begins so."""
    return {
        name: str(span.structure.unit) for name, span in spans.items() if name.startswith(start)
    }


def test_highest_numbers_go_with_the_totals_of_plans_that_hold_units(tmp_path: Path) -> None:
    spans = plan_of(tmp_path, TOTALS).price_plans["plain"].terms.spans
    assert units_of(spans, "peak:") == {"peak:mixed:held": "quarter", "peak:mixed:used": "week"}
    assert spans["peak:mixed:used"].by == ("region",)
    assert units_of(spans, "month") == {}


def test_what_is_rounded_or_compared_over_a_period_goes_by_it(tmp_path: Path) -> None:
    spans = plan_of(tmp_path, TOTALS).price_plans["plain"].terms.spans
    assert units_of(spans, "rounding:") == {"rounding:mixed/data": "day"}
    assert set(units_of(spans, "best:").values()) == {"quarter"}
    assert len(units_of(spans, "best:")) == 5


def test_what_nothing_covered_goes_by_the_allowance_that_burns_last(tmp_path: Path) -> None:
    spans = plan_of(tmp_path, GRANTS).price_plans["plan"].terms.spans
    assert units_of(spans, "uncovered:plan/") == {
        "uncovered:plan/data/gb": "week",
        "uncovered:plan/data/calls": "day",
        "uncovered:plan/data/money": "quarter",
        "uncovered:plan/data/taxed": "year",
    }


def test_without_allowances_it_goes_by_free_units(tmp_path: Path) -> None:
    spans = plan_of(tmp_path, TOTALS).price_plans["plain"].terms.spans
    assert units_of(spans, "uncovered:plain") == {"uncovered:plain/data/gb": "day"}
