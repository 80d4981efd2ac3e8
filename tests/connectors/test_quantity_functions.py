"""Quantity functions: found by their entry points, called with values that they cannot change."""

import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.catalog.load import load_catalog
from connectors.catalog.quantity_functions import installed_functions
from streams.charge import Charging
from streams.functions import Functions, QuantityFunction
from streams.memory import MemoryState
from streams.model.command import ActivateCatalog, AssignService, PutAccount
from streams.model.instant import BEGINNING, FOREVER
from streams.model.rated import RatedUsage, RecordVerdict
from streams.model.usage import SourcePosition, UsageRecord
from streams.rate.plan import compile_catalog
from streams.state import Effects

NOON = 1_740_830_400_000_000
MODULE = """
def minutes(usage):
    return -(-int(usage["duration_s"]) // 60)
broken = 7
"""
CATALOG = """
tenant: shop
currencies: [{code: CHF}]
service_types: [{id: voice}]
usage_types: [{id: call, service_type: voice, units: [min], attributes: [called]}]
rate_units: [{id: minutes, service_type: voice, function: minutes}]
rate_unit_maps: [{service_type: voice, rate_unit: minutes}]
price_plans:
  - id: basic
    currency: CHF
    offers:
      - {id: a, usage_type: call, from: 2020-01-01, prices: [{per_unit: {amounts: {min: 1}}}]}
"""


@pytest.fixture
def plugged_in(tmp_path: Path) -> Iterator[Path]:
    package = tmp_path / "packages"
    folder = package / "acme_rating-1.0.dist-info"
    folder.mkdir(parents=True)
    (package / "acme_rating_functions.py").write_text(MODULE)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rating\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[vivace.quantity_functions]\n"
        "minutes = acme_rating_functions:minutes\n"
        "gone = acme_rating_functions:gone\n"
        "broken = acme_rating_functions:broken\n"
    )
    sys.path.insert(0, str(package))
    yield package
    sys.path.remove(str(package))


def charge(function: QuantityFunction, tmp_path: Path) -> RatedUsage | RecordVerdict:
    folder = tmp_path / "catalog"
    folder.mkdir()
    text = CATALOG.replace("function: minutes", 'expression: "1"')
    (folder / "shop.yaml").write_text(text)
    catalog = load_catalog(folder)
    (unit,) = catalog.rate_units
    measured = replace(unit, expression=None, function="minutes")
    catalog = replace(catalog, rate_units=(measured,))
    plan = compile_catalog(catalog, Functions(quantities={"minutes": function}))
    core, state = Charging(plans={plan.version: plan}, partitions=1, partition=0), MemoryState()
    for command in (
        ActivateCatalog("1", "shop", plan.version, BEGINNING),
        PutAccount("2", "shop", "ada", "ada", "postpaid", "CHF", "UTC", None),
        AssignService("3", "shop", "phone", "ada", "ada", "", "basic", BEGINNING, FOREVER),
    ):
        core.apply_command(command, state=state, effects=Effects())
    effects = Effects()
    record = UsageRecord(
        b"1" * 16, "shop", "pbx", "e1", 0, 0, 0, "call", "phone", "ada", NOON, NOON + 61_000_000,
        (), {"called": "41"},
    )  # fmt: skip
    where = SourcePosition("t", 0, 0, 0)
    core.charge_record(record, position=where, state=state, effects=effects)
    (end,) = (*effects.rated, *effects.verdicts)
    return end


def test_functions_of_installed_packages_are_found_and_broken_ones_left_out(
    plugged_in: Path,
) -> None:
    found = installed_functions()
    assert found["minutes"]({"duration_s": 61}) == 2
    assert "gone" not in found
    assert "broken" not in found


def test_a_function_says_how_much_and_the_charge_names_it(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def minutes(usage: Mapping[str, Any]) -> Decimal:
        seen.update(usage)
        return Decimal("1.5")

    rated = charge(minutes, tmp_path)
    assert isinstance(rated, RatedUsage)
    assert rated.amount == Decimal("1.50")
    assert rated.lines[0].detail == {"derivation": "function", "function": "minutes"}
    assert rated.record.usages == ()
    assert seen["called"] == "41"
    assert seen["duration_s"] == 61
    assert seen["units"] == {"min": 0}


@pytest.mark.parametrize("value", [1.5, True, None, "1", Decimal("NaN"), 10**18 + 1])
def test_what_is_no_quantity_suspends_the_record(tmp_path: Path, value: Any) -> None:
    verdict = charge(lambda usage: value, tmp_path)
    assert isinstance(verdict, RecordVerdict)
    assert verdict.code == "no_quantity"


def test_a_function_cannot_change_what_it_is_given(tmp_path: Path) -> None:
    def grasping(usage: Any) -> int:
        with pytest.raises(TypeError):
            usage["called"] = ""
        with pytest.raises(TypeError):
            usage["units"]["min"] = 9
        return 1

    assert isinstance(charge(grasping, tmp_path), RatedUsage)


def test_a_catalog_whose_function_is_missing_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(CATALOG.replace("function: minutes", 'expression: "1"'))
    catalog = load_catalog(tmp_path)
    (unit,) = catalog.rate_units
    measured = replace(unit, expression=None, function="minutes")
    with pytest.raises(LookupError, match="no quantity function 'minutes' is installed"):
        compile_catalog(replace(catalog, rate_units=(measured,)))
