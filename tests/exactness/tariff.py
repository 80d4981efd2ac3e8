"""A tariff as plain values, read from a catalog's YAML files with nothing in between."""

from dataclasses import dataclass, field
from datetime import datetime
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


def read_tariff(folder: Path) -> Tariff:
    """The tariff of a catalog's folder."""
    raise NotImplementedError(yaml, folder)
