"""Commission plans and partners above partners: every mistake is told at its line."""

from pathlib import Path

import pytest

from streams.model.catalog import Catalog, pack_catalog, unpack_catalog
from tests.connectors.catalog_mistakes import Mistake, check_told, read

SOUND = """\
tenant: shop
grace: 2h
currencies:
  - {code: CHF}
  - {code: EUR}
usage_types:
  - {id: call, units: [s], attributes: [kind]}
partners:
  - {id: acme, currency: CHF, account: acme-ag, tier: base}
  - {id: agent, currency: CHF, of: acme}
commission_plans:
  - id: growth
    every: quarter
    currency: CHF
    partner_from: account.reseller
    when: {kind: video}
    settled_after: 3h
    levels_after: 4h
    milestones:
      - {from: 100, bonus: 1}
      - {from: 200, bonus: 2}
    tiers: [{from: 0, percent: 1}, {from: 300, percent: 2}]
    levels: [{from: 400, tier: gold}]
  - id: minutes
    every: month
    currency: CHF
    partner: acme
    sums: quantity
    units: [s]
    milestones: [{from: 500, bonus: 5}]
price_plans:
  - id: basic
    currency: CHF
    offers:
      - id: first
        usage_type: call
        from: 2020-01-01
        prices:
          - per_unit: {amounts: {s: 1}}
"""

BROKEN = [
    ("of: acme", "of: acne", "id: agent", 'no partner "acne"'),
    ("tier: base}", "of: agent}", "id: acme", '"agent" is itself below "acme"'),
    ("every: quarter", "every: quarters", "every: quarters", 'no billing period "quarters"'),
    ("    currency: CHF\n    partner_from", "    partner_from", "id: growth",
     '"currency" is missing'),
    ("    currency: CHF\n    partner_from", "    currency: USD\n    partner_from", "USD",
     'no currency "USD"'),
    ("    currency: CHF\n    partner_from", "    currency: EUR\n    partner_from", "id: growth",
     "no exchange rate from EUR to CHF"),
    ("account.reseller", "reseller", "partner_from", 'no attribute "reseller"'),
    ("kind: video", "sort: video", "sort", 'no attribute "sort"'),
    ("partner: acme", "partner: acne", "partner: acne", 'no partner "acne"'),
    ("partner: acme", "partner: acme\n    partner_from: account.x", "id: minutes",
     'expected either "partner" or "partner_from"'),
    (" account: acme-ag,", "", "id: growth", "no partner of it has an account"),
    ("partner: acme", "partner: agent", "partner: agent", "no partner of it has an account"),
    ("    units: [s]\n", "", "id: minutes", '"units" is missing'),
    ("    units: [s]\n", "    units: [m]\n", "units: [m]", 'no unit "m"'),
    ("    sums: quantity\n", "", "units: [s]", 'stands only beside "sums: quantity"'),
    ("    milestones: [{from: 500, bonus: 5}]\n", "", "id: minutes",
     "expected at least one of milestones, tiers, levels"),
    ("    milestones: [{from: 500, bonus: 5}]", "    tiers: [{from: 500, percent: 5}]", "tiers",
     "percents are of money"),
    ("from: 200, bonus", "from: 100, bonus", "bonus: 2", "must rise: expected more than 100"),
    ("from: 400, tier", "from: -1, tier", "from: -1", "expected 0 or more, found -1"),
    ("bonus: 2", "bonus: 0", "bonus: 0", "expected more than 0, found 0"),
    ("from: 300, percent: 2", "from: 300, percent: 101", "percent: 101", "expected 0 to 100"),
    ("settled_after: 3h", "settled_after: 2h", "settled_after: 2h", "the catalog's grace"),
    ("levels_after: 4h", "levels_after: 3h", "levels_after: 3h", 'more than "settled_after", 3h'),
]  # fmt: skip


def test_the_sound_catalog_is_sound_and_comes_back_from_its_bytes(tmp_path: Path) -> None:
    catalog = read(tmp_path, SOUND)
    assert isinstance(catalog, Catalog), catalog
    assert unpack_catalog(pack_catalog(catalog)) == catalog


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, mistake: Mistake) -> None:
    check_told(tmp_path, SOUND, mistake)
