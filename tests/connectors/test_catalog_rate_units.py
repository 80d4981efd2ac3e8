"""Mistakes in service types, rate units and their map are told at their place."""

from pathlib import Path

import pytest

from connectors.catalog.load import read_catalog
from connectors.catalog.problem import CatalogProblem

SOUND = """\
tenant: shop
currencies:
  - {code: CHF}
service_types:
  - {id: power}
usage_types:
  - {id: reading, service_type: power, units: [kWh, m3], attributes: [shown, meter]}
accumulators:
  - {id: used}
rate_units:
  - {id: read, service_type: power, unit: kWh, meter: {reading: shown, meter: meter, digits: 5}}
  - {id: sum, service_type: power, unit: m3, expression: units.kWh + accumulators.used}
rate_unit_maps:
  - {service_type: power, rate_unit: read}
  - {service_type: power, transaction_type: estimate, rate_unit: sum, until: 2026-01-01}
price_plans:
  - id: basic
    currency: CHF
    offers:
      - id: first
        usage_type: reading
        from: 2020-01-01
        impacts: [used]
        prices:
          - per_unit: {amounts: {kWh: 1, m3: 1}}
"""


def problems(folder: Path, old: str, new: str) -> list[CatalogProblem]:
    assert old in SOUND
    (folder / "shop.yaml").write_text(SOUND.replace(old, new))
    found = read_catalog(folder)
    return found if isinstance(found, list) else []


def test_the_sound_catalog_has_none(tmp_path: Path) -> None:
    assert problems(tmp_path, "tenant", "tenant") == []


@pytest.mark.parametrize(
    ("old", "new", "line", "pointer", "told"),
    [
        ("  - {id: power}", "  - {id: power}\n  - {id: gas}", 6, "/service_types/1",
         "no usage type"),
        ("service_type: power, units", "service_type: heat, units", 7,
         "/usage_types/0/service_type", 'no service type "heat"'),
        ("[shown, meter]", "[shown, meter, units]", 7, "/usage_types/0/attributes/2",
         "stands for something else"),
        ("unit: kWh, meter:", "meter:", 11, "/rate_units/0", '"unit" is missing'),
        ("unit: kWh, meter:", "unit: l, meter:", 11, "/rate_units/0/unit", 'no unit "l"'),
        ("meter: {reading: shown", "function: gone, meter: {reading: shown", 11, "/rate_units/0",
         "found function and meter"),
        ("expression: units.kWh + accumulators.used", "function: gone", 12,
         "/rate_units/1/function", 'no quantity function "gone" is installed'),
        (", expression: units.kWh + accumulators.used", "", 12, "/rate_units/1", "found none"),
        ("+ accumulators.used", "+ accumulators.gone", 12, "/rate_units/1/expression",
         'no accumulator "gone"'),
        ("units.kWh +", "units.mwh +", 12, "/rate_units/1/expression", 'no unit "mwh"'),
        ("units.kWh +", "show +", 12, "/rate_units/1/expression", "unknown field show"),
        ("units.kWh + accumulators.used", "shown", 12, "/rate_units/1/expression",
         "it gives a string, a number is needed"),
        ("reading: shown", "reading: there", 11, "/rate_units/0/meter/reading",
         'no attribute or unit "there"'),
        ("digits: 5", "digits: 0", 11, "/rate_units/0/meter/digits", "expected 1 to 18, found 0"),
        ("digits: 5", "digits: 19", 11, "/rate_units/0/meter/digits", "expected 1 to 18, found 19"),
        ("digits: 5", "most: 0", 11, "/rate_units/0/meter/most", "expected more than 0"),
        ("meter: meter, digits", "end_reading: meter, digits", 11,
         "/rate_units/0/meter/end_reading", 'needs "meter"'),
        ("rate_unit: sum", "rate_unit: gone", 15, "/rate_unit_maps/1/rate_unit",
         'no rate unit "gone"'),
        ("until: 2026-01-01", "from: 2026-01-01, until: 2026-01-01", 15,
         "/rate_unit_maps/1/until", "is not after"),
        ("until: 2026-01-01", "when: {colour: red}", 15, "/rate_unit_maps/1/when/colour",
         'no attribute "colour"'),
        ("transaction_type: estimate, ", "", 15, "/rate_unit_maps/1", "can be of both"),
        ("- {service_type: power, rate_unit: read}",
         "- {service_type: power, transaction_type: estimate, rate_unit: read, from: 2025-12-31}",
         15, "/rate_unit_maps/1", "can be of both"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, line: int, pointer: str, told: str
) -> None:
    found = problems(tmp_path, old, new)
    assert any(
        (each.line, each.pointer) == (line, pointer) and told in each.message for each in found
    ), "\n".join(map(str, found))


@pytest.mark.parametrize(
    "row",
    [
        "{service_type: power, transaction_type: estimate, rate_unit: read, from: 2026-01-01}",
        "{service_type: power, transaction_type: estimate, rate_unit: read, when: {meter: a}}",
    ],
)
def test_rows_that_follow_one_another_or_ask_for_more_do_not_overlap(
    tmp_path: Path, row: str
) -> None:
    old = "- {service_type: power, rate_unit: read}"
    assert problems(tmp_path, old, f"{old}\n  - {row}") == []


def test_rows_that_ask_for_different_things_overlap_only_where_both_can_hold(
    tmp_path: Path,
) -> None:
    old = "- {service_type: power, rate_unit: read}"
    rows = [f"{{service_type: power, rate_unit: read, when: {{{word}}}}}"
            for word in ("meter: a", "meter: b", "shown: x")]  # fmt: skip
    assert problems(tmp_path, old, "\n  - ".join([old, *rows[:2]])) == []
    (found,) = problems(tmp_path, old, "\n  - ".join([old, rows[0], rows[2]]))
    assert "can be of both" in found.message


PARENT = """\
tenant: shop
currencies: [{code: CHF}]
usage_types:
  - {id: call, units: [s], attributes: [fee]}
  - {id: minutes, units: [s]}
  - {id: share, units: [chf]}
  - {id: other, units: [s]}
multi_rates:
  - usage_type: call
    depends: true
    children:
      - {usage_type: minutes}
      - {usage_type: share, quantity: amounts.minutes}
price_plans:
  - id: basic
    currency: CHF
    offers:
      - {id: a, usage_type: minutes, from: 2020-01-01, prices: [{per_unit: {amounts: {s: 1}}}]}
      - {id: b, usage_type: share, from: 2020-01-01, prices: [{per_unit: {amounts: {chf: 1}}}]}
"""


def parent_problems(folder: Path, old: str, new: str) -> list[CatalogProblem]:
    assert old in PARENT
    (folder / "shop.yaml").write_text(PARENT.replace(old, new))
    found = read_catalog(folder)
    return found if isinstance(found, list) else []


def test_the_sound_parent_has_none(tmp_path: Path) -> None:
    assert parent_problems(tmp_path, "tenant", "tenant") == []


@pytest.mark.parametrize(
    ("old", "new", "line", "pointer", "told"),
    [
        ("- usage_type: call", "- usage_type: gone", 9, "/usage_type", 'no usage type "gone"'),
        ("      - {usage_type: minutes}\n", "", 11, "/children", "expected 2 to 999 children"),
        ("{usage_type: minutes}", "{usage_type: gone}", 12, "/children/0/usage_type",
         'no usage type "gone"'),
        ("{usage_type: minutes}", "{usage_type: call}", 12, "/children/0/usage_type",
         "has children itself"),
        ("{usage_type: minutes}", "{usage_type: minutes}\n      - {usage_type: minutes}", 13,
         "/children/1/usage_type", "stands here twice"),
        ("{usage_type: minutes}", "{usage_type: other}", 11, "/children",
         "no price plan has an offer for each of them"),
        ("usage_type: share, quantity: amounts.minutes", "usage_type: share", 13, "/children/1",
         "measures none of the units of its parent"),
        (", quantity: amounts.minutes", ", quantity: amounts.share", 13,
         "/children/1/quantity", 'no earlier child "share"'),
        (", quantity: amounts.minutes", ", quantity: amounts.other", 13,
         "/children/1/quantity", 'no earlier child "other"'),
        (", quantity: amounts.minutes", ", quantity: fee", 13, "/children/1/quantity",
         "a number is needed"),
        ("    depends: true\n", "", 12, "/children/1/quantity", 'needs "depends: true"'),
        ("usage_type: share, quantity: amounts.minutes", "usage_type: other", 10, "/depends",
         'no child has a "quantity"'),
        ("units: [chf]", "units: [chf, eur]", 13, "/children/1/quantity", "needs one unit for it"),
        ("attributes: [fee]", "attributes: [amounts]", 9, "/usage_type",
         "stands for something else"),
    ],
)  # fmt: skip
def test_a_mistake_of_a_parent_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, line: int, pointer: str, told: str
) -> None:
    found = parent_problems(tmp_path, old, new)
    assert any(
        (each.line, each.pointer) == (line, f"/multi_rates/0{pointer}") and told in each.message
        for each in found
    ), "\n".join(map(str, found))


def test_a_parent_has_no_offer(tmp_path: Path) -> None:
    offer = "{id: c, usage_type: call, from: 2020-01-01, prices: [{per_unit: {amounts: {s: 1}}}]}"
    found = parent_problems(tmp_path, "      - {id: b", f"      - {offer}\n      - {{id: b")
    assert [each.pointer for each in found] == ["/price_plans/0/offers/1/usage_type"]
    assert "they are priced, it is not" in found[0].message
