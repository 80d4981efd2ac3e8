"""What a catalog declares, by name: what references may lead to."""

from dataclasses import dataclass

from connectors.catalog.form import (
    AccumulatorForm,
    AllowanceForm,
    CurrencyForm,
    PricePlanForm,
    ThresholdForm,
    TimeUnitForm,
    UsageTypeForm,
    ZoneUnitForm,
)
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets, by_id
from streams.model.mediation import SourcePlatform

EVERYTHING_ELSE = "*"
"""The row of a zone unit that every value without a row of its own falls into."""


@dataclass(frozen=True, slots=True)
class Names:
    """The declared objects of each kind by their id."""

    currencies: dict[str, CurrencyForm]
    usage_types: dict[str, UsageTypeForm]
    allowances: dict[str, AllowanceForm]
    accumulators: dict[str, AccumulatorForm]
    zone_units: dict[str, ZoneUnitForm]
    time_units: dict[str, TimeUnitForm]
    price_plans: dict[str, PricePlanForm]
    thresholds: dict[str, ThresholdForm]
    source_platforms: dict[str, SourcePlatform]

    def zones_of(self, zone_unit: str) -> set[str]:
        """The zones that a zone unit can find."""
        found = self.zone_units.get(zone_unit)
        return set() if found is None else set(found.rows.values())

    def bands_of(self, time_unit: str) -> set[str]:
        """The bands that a time unit can find."""
        found = self.time_units.get(time_unit)
        return set() if found is None else {band.band for band in found.bands} | {found.default}


def names_of(sheets: Sheets, book: ProblemBook) -> Names:
    """All declared names; what is declared twice is reported."""
    return Names(
        currencies=by_id(sheets.currencies, book, key="code"),
        usage_types=by_id(sheets.usage_types, book),
        allowances=by_id(sheets.allowances, book),
        accumulators=by_id(sheets.accumulators, book),
        zone_units=by_id(sheets.zone_units, book),
        time_units=by_id(sheets.time_units, book),
        price_plans=by_id(sheets.price_plans, book),
        thresholds=by_id(sheets.thresholds, book),
        source_platforms=by_id(sheets.source_platforms, book),
    )
