"""A tariff as plain values, read from a catalog's YAML files with nothing in between."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml


@dataclass
class Band:
    """A part of the week in local minutes."""

    name: str
    weekdays: list[str]
    start: int
    end: int


@dataclass
class TimeUnit:
    """Bands in order, and the band of all other time."""

    bands: list[Band]
    default: str


@dataclass
class Price:
    """One row: what it asks for, and either amounts by unit or tiers of one unit."""

    when: dict[str, str]
    per: Decimal
    amounts: dict[str, Decimal] = field(default_factory=dict)
    unit: str = ""
    tiers: list[tuple[Decimal | None, Decimal, Decimal]] = field(default_factory=list)
    reference: str = "record"


@dataclass
class Offer:
    """How a plan prices one usage type."""

    id: str
    usage_type: str
    product: str
    start: datetime | None
    end: datetime | None
    prices: list[Price]
    zone_unit: str
    time_unit: str
    measures: dict[str, tuple[Decimal, Decimal]]
    impacts: list[str]


@dataclass
class Plan:
    """A price plan with its offers and monthly grants."""

    id: str
    currency: str
    offers: list[Offer]
    grants: dict[str, Decimal]
    overrun: str


@dataclass
class Tariff:
    """One tenant's catalog."""

    tenant: str
    digits: dict[str, int]
    rounding: dict[str, str]
    allowances: dict[str, dict[str, Any]]
    accumulators: dict[str, list[str]]
    zone_units: dict[str, dict[str, Any]]
    time_units: dict[str, TimeUnit]
    plans: dict[str, Plan]


class _Loader(yaml.SafeLoader):
    """YAML with decimals as they are written."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DIGITS = {"CHF": 2, "USD": 2, "EUR": 2}


def read_tariff(folder: Path) -> Tariff:
    """The tariff of a catalog's folder: all its files together."""
    merged: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, value in yaml.load(path.read_text(), _Loader).items():
            merged[name] = merged.get(name, []) + value if isinstance(value, list) else value
    currencies = merged["currencies"]
    return Tariff(
        tenant=merged["tenant"],
        digits={c["code"]: c.get("digits", DIGITS[c["code"]]) for c in currencies},
        rounding={c["code"]: c["rounding"] for c in currencies},
        allowances={
            a["id"]: {
                "usage_units": a["usage_units"],
                "zones": a.get("zones", []),
                "bands": a.get("bands", []),
            }
            for a in merged.get("allowances", [])
        },
        accumulators={a["id"]: a.get("usage_units", []) for a in merged.get("accumulators", [])},
        zone_units={z["id"]: _zone_unit(z) for z in merged.get("zone_units", [])},
        time_units={t["id"]: _time_unit(t) for t in merged.get("time_units", [])},
        plans={plan["id"]: _plan(plan) for plan in merged["price_plans"]},
    )


def _zone_unit(given: dict[str, Any]) -> dict[str, Any]:
    rows = dict(given["rows"])
    return {"attribute": given["attribute"], "default": rows.pop("*", ""), "rows": rows}


def _time_unit(given: dict[str, Any]) -> TimeUnit:
    return TimeUnit([_band(band) for band in given["bands"]], given["default"])


def _band(given: dict[str, Any]) -> Band:
    days: list[str] = []
    for entry in given["days"]:
        first, _, last = entry.partition("-")
        days += DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]
    return Band(given["band"], days, _minutes(given["from"]), _minutes(given["to"]))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _plan(given: dict[str, Any]) -> Plan:
    grants = {g["allowance"]: Decimal(g["quantity"]) for g in given.get("grants", [])}
    offers = [_offer(offer) for offer in given["offers"]]
    return Plan(given["id"], given["currency"], offers, grants, given["overrun"])


def _offer(given: dict[str, Any]) -> Offer:
    measures = given.get("measures", {})
    return Offer(
        id=given["id"],
        usage_type=given["usage_type"],
        product=given["product"],
        start=_midnight(given.get("from")),
        end=_midnight(given.get("until")),
        prices=[_price(price) for price in given["prices"]],
        zone_unit=given.get("zone_unit", ""),
        time_unit=given.get("time_unit", ""),
        measures={
            unit: (Decimal(m.get("minimum", 0)), Decimal(m.get("increment", 0)))
            for unit, m in measures.items()
        },
        impacts=given.get("impacts", []),
    )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


def _price(given: dict[str, Any]) -> Price:
    when = {name: str(value) for name, value in given.get("when", {}).items()}
    if "per_unit" in given:
        amounts = {unit: Decimal(a) for unit, a in given["per_unit"]["amounts"].items()}
        return Price(when, Decimal(given["per_unit"].get("per", 1)), amounts)
    graduated = given["graduated"]
    tiers = [
        (
            Decimal(tier["up_to"]) if "up_to" in tier else None,
            Decimal(tier["unit_amount"]),
            Decimal(tier.get("flat_amount", 0)),
        )
        for tier in graduated["tiers"]
    ]
    per = Decimal(graduated.get("per", 1))
    return Price(when, per, {}, graduated["unit"], tiers, graduated.get("reference", "record"))
