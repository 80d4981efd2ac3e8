"""Quantities that are not added up, and totals that are kept apart: mistakes, each at its place."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog

MEASURE: dict[str, Any] = {"aggregate": "max", "reference": "highest"}


def read(folder: Path, measure: dict[str, Any], accumulator: dict[str, Any], **offer: Any) -> Any:
    load = {"id": "load", "usage_type": "load", "from": "2025-01-01", "impacts": ["highest"]}
    load |= {"measures": {"gb": measure}, "prices": [{"per_unit": {"amounts": {"gb": 1}}}]}
    plan = {"id": "plan", "currency": "EUR", "offers": [load | offer]}
    sections = {
        "tenant": "shop",
        "currencies": [{"code": "EUR"}],
        "usage_types": [{"id": "load", "units": ["gb", "n"], "attributes": ["host"]}],
        "accumulators": [{"id": "highest", "usage_units": ["gb"]} | accumulator],
        "time_units": [
            {"id": "hours", "bands": [{"band": "day", "days": ["mon"]}], "default": "other"}
        ],
        "price_plans": [plan],
    }
    (folder / "catalog.yaml").write_text(yaml.safe_dump(sections, sort_keys=False))
    return read_catalog(folder)


@pytest.mark.parametrize(
    ("measure", "accumulator", "offer", "message"),
    [
        ({"aggregate": "mean"}, {}, {}, "expected one of latest, max, sum"),
        ({"aggregate": "max"}, {}, {}, "the max of what? Name an accumulator"),
        (MEASURE, {"usage_units": ["gb", "n"]}, {}, '"highest" must count gb alone'),
        (MEASURE, {"usage_units": []}, {}, '"highest" must count gb alone'),
        (MEASURE, {}, {"time_unit": "hours"}, "cannot be cut at bands"),
        (MEASURE, {"by": ["room"]}, {}, 'attribute "room"'),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path,
    measure: dict[str, Any],
    accumulator: dict[str, Any],
    offer: dict[str, Any],
    message: str,
) -> None:
    found = read(tmp_path, measure, accumulator, **offer)
    assert isinstance(found, list)
    assert message in "\n".join(map(str, found))


def test_what_can_be_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, MEASURE, {"by": ["host"], "period": "hour"})
    assert isinstance(found, Catalog), "\n".join(map(str, found))
    assert found.accumulators[0].by == ("host",)
    assert found.price_plans[0].offers[0].measures[0].aggregate == "max"
