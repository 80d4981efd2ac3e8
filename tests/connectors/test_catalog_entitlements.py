"""Entitlements of a price plan: read as they are written, each mistake told at its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from streams.model.catalog import Catalog
from streams.model.entitlement import Entitlement
from tests.connectors.catalog_mistakes import Mistake, check_told, read

SOUND = """\
tenant: acme
currencies: [{code: CHF}]
usage_types: [{id: call, units: [s], attributes: [kind]}]
allowances: [{id: free, unit: s, usage_units: [s]}]
accumulators:
  - {id: calls, sums: records}
  - {id: kinds, sums: records, by: [kind]}
price_plans:
  - id: pro
    currency: CHF
    grants: [{allowance: free, quantity: 60}]
    entitlements:
      - {id: sso}
      - {id: seats, value: "25"}
      - {id: talk, allowance: free, overage: true}
      - {id: ring, accumulator: calls, limit: 100}
      - {id: hum, accumulator: calls}
    offers:
      - id: calls
        usage_type: call
        from: 2026-01-01
        impacts: [free, calls, kinds]
        prices: [{per_unit: {amounts: {s: 1}}}]
  - id: other
    currency: CHF
    offers:
      - id: calls
        usage_type: call
        from: 2026-01-01
        prices: [{per_unit: {amounts: {s: 1}}}]
"""


def test_entitlements_are_read_as_they_are_written(tmp_path: Path) -> None:
    catalog = read(tmp_path, SOUND)
    assert isinstance(catalog, Catalog)
    assert catalog.price_plans[0].entitlements == (
        Entitlement(id="sso"),
        Entitlement(id="seats", value="25"),
        Entitlement(id="talk", allowance="free", overage=True),
        Entitlement(id="ring", accumulator="calls", limit=Decimal(100)),
        Entitlement(id="hum", accumulator="calls"),
    )
    assert catalog.price_plans[1].entitlements == ()


@pytest.mark.parametrize(
    "mistake",
    [
        ("{id: seats,", "{id: sso,", "{id: sso, value", 'entitlement "sso" stands here twice'),
        ("free, overage", 'free, value: "1", overage', "talk", "found value and allowance"),
        ("{id: talk, allowance: free", "{id: talk, allowance: fee", "talk", 'allowance "fee"'),
        ("{id: ring, accumulator: calls", "{id: ring, accumulator: cals", "ring", '"cals"'),
        ("{id: ring, accumulator: calls", "{id: ring, accumulator: kinds", "ring", "kept apart"),
        ("{id: calls, sums: records}", "{id: calls, sums: records, per: service}", "ring",
         "kept apart"),
        ("{id: calls, sums: records}", "{id: calls, sums: records, period: life}", "ring",
         "never begins anew"),
        ("{id: calls, sums: records}", "{id: calls, sums: records, rolling: 7d, step: day}",
         "ring", "never begins anew"),
        ("limit: 100", "limit: -1", "ring", "expected 0 or more, found -1"),
        ("{id: sso}", "{id: sso, limit: 5}", "sso", 'stands only beside "accumulator"'),
        ("{id: sso}", "{id: sso, overage: true}", "sso", "only what is metered"),
        ("{id: hum, accumulator: calls}", "{id: hum, accumulator: calls, overage: true}", "hum",
         "nothing beyond it"),
        ("  - id: other\n    currency: CHF\n",
         "  - id: other\n    currency: CHF\n    entitlements: [{id: x, accumulator: calls}]\n",
         "{id: x", "no offer of this price plan moves calls"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line(tmp_path: Path, mistake: Mistake) -> None:
    check_told(tmp_path, SOUND, mistake)
