"""What a plan knows of a catalog before any record comes."""

from pathlib import Path

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog
from streams.rate.plan import Plan, compile_catalog

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


def plan_of(folder: Path) -> Plan:
    (folder / "catalog.yaml").write_text(CATALOG)
    found = read_catalog(folder)
    assert isinstance(found, Catalog), [str(each) for each in found]
    return compile_catalog(found)


def test_what_measured_nothing_goes_on_where_something_else_says_how_much(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert plan.tenant == "shop"
    assert plan.charges_zero == {"charged", "counted", "level"}
    assert plan.dedupe_days == {}


def test_smallest_amounts_are_those_of_the_currency(tmp_path: Path) -> None:
    plans = plan_of(tmp_path).price_plans
    francs, yen = plans["francs"].terms, plans["yen"].terms
    assert (str(francs.quantum), str(francs.nothing)) == ("0.01", "0.00")
    assert (str(yen.quantum), str(yen.nothing)) == ("1", "0")


def test_what_an_offer_moves_and_counts(tmp_path: Path) -> None:
    offer = plan_of(tmp_path).price_plans["francs"].offers["charged"][0]
    assert offer.terms.moves == {"n": ("total", "of_n")}
    assert offer.terms.counts == ("records",)
    assert offer.terms.driven == {}
