"""What a catalog declares, by name: what references may lead to."""

from dataclasses import dataclass

from connectors.catalog.form import (
    AccumulatorForm,
    AllowanceForm,
    CurrencyForm,
    PricePlanForm,
    UsageTypeForm,
)
from connectors.catalog.forms.attributes import AttributeForm, SegmentForm
from connectors.catalog.forms.discounts import DiscountForm
from connectors.catalog.forms.evaluations import EvaluationForm
from connectors.catalog.forms.loyalty import ConversionForm, LoyaltyRuleForm
from connectors.catalog.forms.multi_rate import MultiRateForm
from connectors.catalog.forms.outcomes import OutcomeForm
from connectors.catalog.forms.partners import (
    CommissionPlanForm,
    PartnerForm,
    RevenueShareForm,
)
from connectors.catalog.forms.rate_units import RateUnitForm, ServiceTypeForm
from connectors.catalog.forms.shared_caps import SharedCapForm
from connectors.catalog.forms.taxes import TaxForm
from connectors.catalog.forms.thresholds import ThresholdForm
from connectors.catalog.forms.when import BillingPeriodForm, HolidayCalendarForm, TimeUnitForm
from connectors.catalog.forms.where import ZoneUnitForm
from connectors.catalog.problem import ProblemBook
from connectors.catalog.sheets import Sheets, by_id
from streams.model.attribute import SEGMENT
from streams.model.mediation import SourcePlatform

EVERYTHING_ELSE = "*"
"""The row of a zone unit that every value without a row of its own falls into."""


@dataclass(frozen=True, slots=True)
class Names:
    """The declared objects of each kind by their id."""

    currencies: dict[str, CurrencyForm]
    service_types: dict[str, ServiceTypeForm]
    usage_types: dict[str, UsageTypeForm]
    rate_units: dict[str, RateUnitForm]
    multi_rates: dict[str, MultiRateForm]
    allowances: dict[str, AllowanceForm]
    accumulators: dict[str, AccumulatorForm]
    evaluations: dict[str, EvaluationForm]
    zone_units: dict[str, ZoneUnitForm]
    holiday_calendars: dict[str, HolidayCalendarForm]
    time_units: dict[str, TimeUnitForm]
    billing_periods: dict[str, BillingPeriodForm]
    price_plans: dict[str, PricePlanForm]
    thresholds: dict[str, ThresholdForm]
    shared_caps: dict[str, SharedCapForm]
    discounts: dict[str, DiscountForm]
    taxes: dict[str, TaxForm]
    partners: dict[str, PartnerForm]
    revenue_shares: dict[str, RevenueShareForm]
    commission_plans: dict[str, CommissionPlanForm]
    loyalty_rules: dict[str, LoyaltyRuleForm]
    conversions: dict[str, ConversionForm]
    source_platforms: dict[str, SourcePlatform]
    outcomes: dict[str, OutcomeForm]
    attributes: dict[str, AttributeForm]
    """By the word that asks for each: `account.tier`."""
    segments: dict[str, SegmentForm]
    zones: dict[str, set[str]]
    """The zones that each zone unit can find."""

    def totals(self) -> set[str]:
        """What steps and shares may go by: accumulators and evaluations of them."""
        return set(self.accumulators) | set(self.evaluations)

    def declared(self) -> set[str]:
        """The words that ask for what is declared of whoever pays."""
        return set(self.attributes) | {f"{SEGMENT}{each}" for each in self.segments}

    def zones_of(self, zone_unit: str) -> set[str]:
        """The zones that a zone unit can find."""
        return self.zones.get(zone_unit, set())

    def is_derived(self, usage_type: str) -> bool:
        """True where rate units say how much a record, or a child of it, is, not its source."""
        parent = self.multi_rates.get(usage_type)
        if parent is not None:
            children = {child.usage_type for child in parent.children} - self.multi_rates.keys()
            return any(self.is_derived(child) for child in children)
        found = self.usage_types.get(usage_type)
        return found is not None and any(
            unit.service_type == found.service_type for unit in self.rate_units.values()
        )

    def bands_of(self, time_unit: str) -> set[str]:
        """The bands that a time unit can find."""
        found = self.time_units.get(time_unit)
        return set() if found is None else {band.band for band in found.bands} | {found.default}


def names_of(sheets: Sheets, book: ProblemBook) -> Names:
    """All declared names; what is declared twice is reported."""
    return Names(
        currencies=by_id(sheets.currencies, book, key="code"),
        service_types=by_id(sheets.service_types, book),
        usage_types=by_id(sheets.usage_types, book),
        rate_units=by_id(sheets.rate_units, book),
        multi_rates=by_id(sheets.multi_rates, book, key="usage_type"),
        allowances=by_id(sheets.allowances, book),
        accumulators=by_id(sheets.accumulators, book),
        evaluations=by_id(sheets.evaluations, book),
        zone_units=by_id(sheets.zone_units, book),
        holiday_calendars=by_id(sheets.holiday_calendars, book),
        time_units=by_id(sheets.time_units, book),
        billing_periods=by_id(sheets.billing_periods, book),
        price_plans=by_id(sheets.price_plans, book),
        thresholds=by_id(sheets.thresholds, book),
        shared_caps=by_id(sheets.shared_caps, book),
        discounts=by_id(sheets.discounts, book),
        taxes=by_id(sheets.taxes, book),
        partners=by_id(sheets.partners, book),
        revenue_shares=by_id(sheets.revenue_shares, book),
        commission_plans=by_id(sheets.commission_plans, book),
        loyalty_rules=by_id(sheets.loyalty_rules, book),
        conversions=by_id(sheets.conversions, book),
        source_platforms=by_id(sheets.source_platforms, book),
        outcomes=by_id(sheets.outcomes, book),
        attributes=_attributes(sheets, book),
        segments=by_id(sheets.segments, book),
        zones={entry.form.id: _zones(entry.form, sheets) for entry in sheets.zone_units},
    )


def _zones(unit: ZoneUnitForm, sheets: Sheets) -> set[str]:
    listed = unit.rows.values() if isinstance(unit.rows, dict) else (row.zone for row in unit.rows)
    zones = {*listed, *(row.zone for row in sheets.rows_of(unit))}
    return zones | {unit.default} if unit.default else zones


def _attributes(sheets: Sheets, book: ProblemBook) -> dict[str, AttributeForm]:
    """By the word that asks for each; of one subject there is one of a name."""
    found: dict[str, AttributeForm] = {}
    for entry in sheets.attributes:
        if entry.form.word in found:
            book.report(entry.place.at("name"), f'"{entry.form.word}" stands here twice')
        found.setdefault(entry.form.word, entry.form)
    return found
