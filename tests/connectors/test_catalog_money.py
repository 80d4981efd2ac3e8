"""Discounts, taxes, shares, points and costs: every mistake is told at its line."""

from pathlib import Path

import pytest

from streams.model.catalog import Catalog, pack_catalog, unpack_catalog
from tests.connectors.catalog_mistakes import Mistake, check_told, read

SOUND = """\
tenant: shop
currencies:
  - {code: CHF}
  - {code: EUR}
usage_types:
  - {id: call, units: [s], attributes: [kind]}
accumulators:
  - {id: monthly}
allowances:
  - {id: grant, unit: s, usage_units: [s]}
discounts:
  - id: summer
    percent: 10
    from: 2026-06-01
    until: 2026-09-01
    when: {kind: video, account.segment: gold}
    usage_types: [call]
    products: [voice]
    price_plans: [basic]
    needs:
      - {accumulator: monthly, at_least: 5}
  - {id: five, amount: 5, currency: CHF, at_most: 20}
  - {id: hundred, free_units: 100, units: [s]}
  - id: loyal
    reference: monthly
    tiers:
      - {from: 10, percent: 5}
      - {from: 20, percent: 10}
taxes:
  - {id: vat, percent: 8, exempt: {account.exempt: "true"}}
  - {id: city, percent: 1, when: {tax_class: standard}, compound: true}
partners:
  - {id: acme, currency: EUR}
revenue_shares:
  - {id: commission, partner: acme, percent: 60}
  - {id: agent, partner: acme, percent: 50, of: commission}
  - {id: fee, partner: acme, amount: 1, currency: CHF}
  - {id: named, partner_from: account.reseller, partner_tiers: {gold: 20}}
exchange_rates:
  - {from: CHF, to: EUR, rate: 1.05, since: 2026-01-01}
  - {from: EUR, to: CHF, rate: 0.95, since: 2026-01-01}
loyalty_rules:
  - {id: miles, points: 1, per: 10, units: [s], multipliers: [{when: {kind: video}, times: 2}]}
price_plans:
  - id: basic
    currency: CHF
    grants:
      - {allowance: grant, quantity: 1}
    offers:
      - id: first
        usage_type: call
        product: voice
        from: 2020-01-01
        impacts: [monthly, grant]
        cost_currency: EUR
        costs:
          - per_unit: {amounts: {s: 0.1}}
        prices:
          - tax_class: standard
            cost_plus: {units: [s], markup_percent: 20, markup: [{when: {kind: video}, percent: 5}]}
"""

BROKEN = [
    # whom it is for
    ("kind: video, account.segment", "sort: video, account.segment", "sort: video",
     'no attribute "sort" in this catalog'),
    ("account.segment: gold", "account.: gold", "account.: gold", 'no attribute "account."'),
    ("usage_types: [call]\n", "usage_types: [chat]\n", "[chat]", 'no usage type "chat"'),
    ("products: [voice]", "products: [vice]", "[vice]", 'no product "vice"'),
    ("price_plans: [basic]", "price_plans: [basics]", "[basics]", 'no price plan "basics"'),
    ("until: 2026-09-01", "until: 2026-06-01", "until:", "2026-06-01 is not after 2026-06-01"),
    ("from: 2026-06-01", "from: 2026-06-31", "from: 2026-06-31", '"2026-06-31" is no date'),
    # discounts
    ("    percent: 10\n", "", "id: summer", "expected exactly one of percent, amount"),
    ("    percent: 10\n", "    percent: 10\n    amount: 1\n", "id: summer",
     "found percent and amount"),
    ("    percent: 10\n", "    percent: 0\n", "percent: 0", "more than 0 and at most 100, found 0"),
    ("    percent: 10\n", "    percent: 101\n", "percent: 101", "at most 100, found 101"),
    ("amount: 5,", "amount: 0,", "id: five", "expected more than 0, found 0"),
    ("at_most: 20", "at_most: -1", "id: five", "expected more than 0, found -1"),
    ("amount: 5, currency: CHF", "amount: 5", "id: five", '"currency" is missing'),
    ("amount: 5, currency: CHF", "amount: 5, currency: USD", "id: five", 'no currency "USD"'),
    ("accumulator: monthly, at_least: 5", "accumulator: yearly, at_least: 5", "yearly",
     'no accumulator "yearly"'),
    ("at_least: 5", "at_least: 0", "at_least", "expected more than 0, found 0"),
    ("free_units: 100, units: [s]", "free_units: 100", "hundred", '"units" is missing'),
    ("free_units: 100, units: [s]", "free_units: 100, units: [min]", "hundred", 'no unit "min"'),
    ("free_units: 100,", "free_units: 100, at_most: 5,", "hundred", "are their own limit"),
    ("amount: 5,", "amount: 5, units: [s],", "id: five", 'stands only beside "free_units"'),
    ("    reference: monthly\n    tiers", "    tiers", "id: loyal", '"reference" is missing'),
    ("    reference: monthly\n    tiers", "    reference: yearly\n    tiers", "yearly",
     'no accumulator "yearly"'),
    ("amount: 5,", "amount: 5, reference: monthly,", "id: five", 'stands only beside "tiers"'),
    ("from: 20, percent: 10", "from: 10, percent: 10", "from: 10, percent: 10",
     "tiers must rise: expected more than 10"),
    ("from: 20, percent: 10", "from: 20, percent: 110", "percent: 110", "expected 0 to 100"),
    ("from: 10, percent: 5", "from: -1, percent: 5", "from: -1", "expected 0 or more, found -1"),
    ("id: five", "id: summer", "amount: 5", 'id "summer" already stands'),
    # taxes
    ("percent: 8,", "percent: -8,", "id: vat", "expected 0 or more, found -8"),
    ("tax_class: standard}", "tax_class: luxury}", "id: city", 'no tax class "luxury"'),
    ("exempt: {account.exempt", "exempt: {exempt", "id: vat", 'no attribute "exempt"'),
    ("percent: 8,", "percent: 8, compound: true,", "id: vat", "no exclusive tax before it"),
    ("percent: 8,", "percent: 8, mode: added,", "id: vat", "expected one of exclusive"),
    ("percent: 8,", "percent: 8, over: record,", "id: vat", "expected one of line"),
    # partners and shares
    ("id: acme, currency: EUR", "id: acme, currency: USD", "id: acme", 'no currency "USD"'),
    ("commission, partner: acme,", "commission, partner: acne,", "commission",
     'no partner "acne"'),
    ("commission, partner: acme,", "commission,", "id: commission",
     'expected either "partner" or "partner_from"'),
    ("partner_from: account.reseller", "partner_from: reseller", "id: named",
     'no attribute "reseller"'),
    ("percent: 60", "percent: 60, rest: true", "id: commission", "found percent and rest"),
    ("percent: 60", "percent: 160", "id: commission", "at most 100, found 160"),
    ("gold: 20", "gold: 120", "id: named", "at most 100, found 120"),
    ("amount: 1, currency: CHF", "amount: 1", "id: fee", '"currency" is missing'),
    ("of: commission", "of: commissions", "id: agent", 'no revenue share "commissions"'),
    ("percent: 60", "percent: 60, of: agent", "id: commission", "is itself taken from"),
    ("percent: 50, of: commission", "percent: 50", "id: agent", "add up to 110 percent"),
    ("from: CHF, to: EUR", "from: EUR, to: EUR", "to: EUR", "is the same currency"),
    ("  - {from: CHF, to: EUR, rate: 1.05, since: 2026-01-01}\n", "", "id: commission",
     "no exchange rate from CHF to EUR"),
    ("rate: 1.05", "rate: 0", "rate: 0", "expected more than 0, found 0"),
    ("from: EUR, to: CHF", "from: CHF, to: EUR", "rate: 0.95",
     "another rate of CHF to EUR begins then"),
    ("from: EUR, to: CHF", "from: EUR, to: USD", "rate: 0.95", 'no currency "USD"'),
    ("rate: 0.95, since: 2026-01-01", "rate: 0.95, since: 2026-13-01", "2026-13-01", "is no date"),
    # points
    ("points: 1", "points: 0", "id: miles", "expected more than 0, found 0"),
    ("per: 10", "per: 0", "id: miles", "expected more than 0, found 0"),
    ("per: 10, units: [s]", "per: 10, units: [km]", "id: miles", 'no unit "km"'),
    ("per: 10", "per: 10, resource: grant", "id: miles", '"grant" is also another resource'),
    ("per: 10", "per: 10, digits: 13", "id: miles", "expected 0 to 12, found 13"),
    ("times: 2", "times: 0", "id: miles", "expected more than 0, found 0"),
    ("[{when: {kind: video}, times", "[{when: {sort: video}, times", "id: miles",
     'no attribute "sort"'),
    # costs
    ("cost_currency: EUR", "cost_currency: USD", "cost_currency", 'no currency "USD"'),
    ("  - {from: EUR, to: CHF, rate: 0.95, since: 2026-01-01}\n", "", "cost_currency",
     "no exchange rate from EUR to CHF"),
    ("        costs:\n          - per_unit: {amounts: {s: 0.1}}\n", "", "cost_currency",
     'stands only beside "costs"'),
    ("        cost_currency: EUR\n        costs:\n          - per_unit: {amounts: {s: 0.1}}\n", "",
     "cost_plus", 'needs "costs" at the offer'),
    ("per_unit: {amounts: {s: 0.1}}", "per_unit: {amounts: {m: 0.1}}", "m: 0.1", 'no unit "m"'),
    ("per_unit: {amounts: {s: 0.1}}", "cost_plus: {units: [s]}", "- cost_plus",
     "a cost cannot be a markup on itself"),
    ("- per_unit: {amounts: {s: 0.1}}", "- {tax_class: x, per_unit: {amounts: {s: 0.1}}}",
     "tax_class: x", "costs are not taxed"),
    ("markup_percent: 20", "markup_percent: -100", "markup_percent", "expected more than -100"),
    ("markup: [{when: {kind", "markup: [{when: {sort", "cost_plus", 'no attribute "sort"'),
    ("        impacts", "        measures: {s: {increment: 60}}\n        impacts",
     "cost_plus", "s is counted by a measure"),
]  # fmt: skip


def test_the_sound_catalog_is_sound_and_comes_back_from_its_bytes(tmp_path: Path) -> None:
    catalog = read(tmp_path, SOUND)
    assert isinstance(catalog, Catalog)
    assert unpack_catalog(pack_catalog(catalog)) == catalog


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, mistake: Mistake) -> None:
    check_told(tmp_path, SOUND, mistake)
