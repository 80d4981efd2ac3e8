"""Mistakes in units that stay, each at its place."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.catalog.load import read_catalog
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog
from streams.model.holding import Holding

PER_UNIT: dict[str, Any] = {"per_unit": {"amounts": {"seats": 30}}}
TIERS = [{"up_to": 5, "unit_amount": 3}, {"unit_amount": 2}]
GRADUATED: dict[str, Any] = {
    "graduated": {"unit": "seats", "reference": "seats_held", "tiers": TIERS}
}


def read(
    folder: Path, price: dict[str, Any], usage_type: dict[str, Any], offer: dict[str, Any]
) -> Any:
    seats = {"id": "seats", "units": ["seats"], "held": "change"} | usage_type
    sold = {"id": "seats", "usage_type": "seats", "from": "2025-01-01", "prorate": "day"}
    plan = {"id": "plan", "currency": "EUR", "grants": [{"allowance": "free", "quantity": 1}]}
    moved = {"impacts": ["seats_held"], "prices": [price]}
    sections = {
        "tenant": "shop",
        "currencies": [{"code": "EUR"}],
        "usage_types": [seats, {"id": "call", "units": ["s"]}],
        "accumulators": [{"id": "seats_held", "usage_units": ["seats"]}],
        "allowances": [{"id": "free", "unit": "s", "usage_units": ["s"]}],
        "time_units": [
            {"id": "hours", "bands": [{"band": "day", "days": ["mon"]}], "default": "other"}
        ],
        "billing_periods": [{"id": "thirty", "unit": "day", "every": 30}],
        "price_plans": [plan | {"offers": [sold | moved | offer, CALLS]}],
    }
    (folder / "catalog.yaml").write_text(yaml.safe_dump(sections, sort_keys=False))
    return read_catalog(folder)


CALLS: dict[str, Any] = {
    "id": "calls",
    "usage_type": "call",
    "from": "2025-01-01",
    "impacts": ["free"],
    "prices": [{"per_unit": {"amounts": {"s": 1}}}],
}


@pytest.mark.parametrize(
    ("price", "usage_type", "offer", "message"),
    [
        (PER_UNIT, {"held": "often"}, {}, "expected one of change, level"),
        (PER_UNIT, {}, {"prorate": "hour"}, "expected one of day, exact"),
        (PER_UNIT, {}, {"prorate": None}, '"prorate" is missing: units of usage type seats'),
        (PER_UNIT, {"held": None}, {}, "units of usage type seats do not stay: say `held` there"),
        (PER_UNIT, {}, {"every": "fortnight"}, "fortnight"),
        (PER_UNIT, {"held": None}, {"prorate": None, "every": "day"}, 'only beside "prorate"'),
        (PER_UNIT, {}, {"time_unit": "hours"}, "are not priced by it"),
        (PER_UNIT, {}, {"measures": {"seats": {"minimum": 1}}}, "are not priced by it"),
        (PER_UNIT, {}, {"costs": [PER_UNIT]}, "are not priced by it"),
        (PER_UNIT, {}, {"impacts": ["seats_held", "free"]}, 'allowance "free" cannot be burned'),
        ({"flat": {"units": ["seats"], "amount": 1}}, {}, {}, "flat is no price of units"),
        (
            {"graduated": {"unit": "seats", "tiers": TIERS}},
            {},
            {},
            "measured on all of them: name an accumulator (/price_plans/0/offers/0/prices/0/",
        ),
        (
            GRADUATED,
            {},
            {"every": "thirty"},
            '"seats_held" is counted by month, units are charged by thirty',
        ),
        (
            {"volume": GRADUATED["graduated"] | {"mode": "prospective"}},
            {},
            {},
            "expected mode running, and tiers without flat amounts",
        ),
        (
            {"volume": GRADUATED["graduated"] | {"tiers": [{"unit_amount": 1, "flat_amount": 1}]}},
            {},
            {},
            "expected mode running, and tiers without flat amounts",
        ),
    ],
)
def test_what_cannot_go_with_units_that_stay_is_told(
    tmp_path: Path,
    price: dict[str, Any],
    usage_type: dict[str, Any],
    offer: dict[str, Any],
    message: str,
) -> None:
    found = read(tmp_path, price, usage_type, offer)
    assert isinstance(found, list)
    assert message in "\n".join(map(str, found))


DRIVING: dict[str, Any] = {
    "id": "seats",
    "service_type": "seats",
    "expression": "units.seats",
    "drives_recurring": True,
}


def read_driven(folder: Path, *, held: bool, unit: dict[str, Any], **words: Any) -> Any:
    seats = {"id": "seats", "units": ["seats"], "service_type": "seats"}
    fee = {"id": "seats", "amount": 30, "every": "month", "driven_by": "seats"}
    offer = {"id": "seats", "usage_type": "seats", "from": "2025-01-01", "prices": [PER_UNIT]}
    plan = {"id": "plan", "currency": "EUR", "fees": [fee], "offers": [offer]}
    sections = {
        "tenant": "shop",
        "currencies": [{"code": "EUR"}],
        "service_types": [{"id": "seats"}],
        "usage_types": [seats | ({"held": "change"} if held else {})],
        "rate_units": [DRIVING | unit],
        "rate_unit_maps": [{"service_type": "seats", "rate_unit": "seats"}],
        "price_plans": [plan | words],
    }
    (folder / "catalog.yaml").write_text(yaml.safe_dump(sections, sort_keys=False))
    return read_catalog(folder)


@pytest.mark.parametrize(
    ("held", "unit", "words", "message"),
    [
        (False, {}, {}, "units of usage type seats do not stay"),
        (True, {"drives_recurring": False}, {}, "say `drives_recurring: true` there"),
        (True, {}, {"fees": []}, 'no fee is driven_by "seats"'),
        (True, {}, {"fees": []}, "or a fee that is driven_by them"),
        (
            True,
            {},
            {"offers": [CALLS | {"usage_type": "seats", "impacts": [], "prorate": "day"}]},
            "they would pay twice",
        ),
    ],
)
def test_what_cannot_drive_a_fee_is_told(
    tmp_path: Path, held: bool, unit: dict[str, Any], words: dict[str, Any], message: str
) -> None:
    found = read_driven(tmp_path, held=held, unit=unit, **words)
    assert isinstance(found, list)
    assert message in "\n".join(map(str, found))


def test_a_fee_that_is_driven_is_read(tmp_path: Path) -> None:
    found = read_driven(tmp_path, held=True, unit={})
    assert isinstance(found, Catalog), "\n".join(map(str, found))
    assert found.price_plans[0].fees[0].driven_by == "seats"
    assert found.rate_units[0].drives_recurring


@pytest.mark.parametrize(
    ("price", "offer", "every"),
    [
        (PER_UNIT, {}, BillingPeriod(id="month", unit="month")),
        (PER_UNIT, {"every": "quarter"}, BillingPeriod(id="quarter", unit="quarter")),
        (PER_UNIT, {"every": "thirty"}, BillingPeriod(id="thirty", unit="day", every=30)),
        (GRADUATED, {"every": "month"}, BillingPeriod(id="month", unit="month")),
    ],
)
def test_an_offer_of_units_that_stay_is_read(
    tmp_path: Path, price: dict[str, Any], offer: dict[str, Any], every: BillingPeriod
) -> None:
    found = read(tmp_path, price, {}, offer)
    assert isinstance(found, Catalog), "\n".join(map(str, found))
    seats = found.price_plans[0].offers[0]
    assert seats.holding == Holding(every=every, by="day")
    assert found.usage_types[0].held == "change"
