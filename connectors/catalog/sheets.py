"""The files of a folder read into forms, each entry with its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from yaml.nodes import MappingNode

from connectors.catalog.form import (
    AccumulatorForm,
    AllowanceForm,
    CatalogFile,
    CurrencyForm,
    PricePlanForm,
    UsageTypeForm,
)
from connectors.catalog.forms.attributes import AttributeForm, SegmentForm
from connectors.catalog.forms.budgets import CatalogBudgetForm
from connectors.catalog.forms.discounts import DiscountForm
from connectors.catalog.forms.evaluations import EvaluationForm
from connectors.catalog.forms.loyalty import ConversionForm, LoyaltyRuleForm
from connectors.catalog.forms.multi_rate import MultiRateForm
from connectors.catalog.forms.outcomes import OutcomeForm
from connectors.catalog.forms.partners import (
    CommissionPlanForm,
    ExchangeRateForm,
    PartnerForm,
    RevenueShareForm,
)
from connectors.catalog.forms.policies import PolicyForm
from connectors.catalog.forms.rate_units import RateUnitForm, RateUnitMapForm, ServiceTypeForm
from connectors.catalog.forms.rating_groups import RatingGroupForm, SubscriberForm
from connectors.catalog.forms.shared_caps import SharedCapForm
from connectors.catalog.forms.taxes import TaxForm
from connectors.catalog.forms.thresholds import ThresholdForm
from connectors.catalog.forms.when import BillingPeriodForm, HolidayCalendarForm, TimeUnitForm
from connectors.catalog.forms.where import ZoneUnitForm
from connectors.catalog.nodes import compose_file
from connectors.catalog.problem import Place, ProblemBook
from connectors.catalog.read import NodeReader, ReadText, kind_of
from connectors.catalog.row_files import read_rows
from streams.model.mediation import SourcePlatform
from streams.model.zone_unit import ZoneRow

T = TypeVar("T")
_FILE: Final = kind_of(CatalogFile)
_SUFFIXES: Final = (".yaml", ".yml")


class Entry(Struct, Generic[T], frozen=True):
    """A form and where it stands."""

    form: T
    place: Place


@dataclass(slots=True)
class Sheets:
    """All entries of a folder by section, in the order of files and lines."""

    settings: dict[str, Entry[Any]] = field(default_factory=dict)
    currencies: list[Entry[CurrencyForm]] = field(default_factory=list)
    service_types: list[Entry[ServiceTypeForm]] = field(default_factory=list)
    usage_types: list[Entry[UsageTypeForm]] = field(default_factory=list)
    rate_units: list[Entry[RateUnitForm]] = field(default_factory=list)
    rate_unit_maps: list[Entry[RateUnitMapForm]] = field(default_factory=list)
    multi_rates: list[Entry[MultiRateForm]] = field(default_factory=list)
    allowances: list[Entry[AllowanceForm]] = field(default_factory=list)
    accumulators: list[Entry[AccumulatorForm]] = field(default_factory=list)
    evaluations: list[Entry[EvaluationForm]] = field(default_factory=list)
    zone_units: list[Entry[ZoneUnitForm]] = field(default_factory=list)
    holiday_calendars: list[Entry[HolidayCalendarForm]] = field(default_factory=list)
    time_units: list[Entry[TimeUnitForm]] = field(default_factory=list)
    billing_periods: list[Entry[BillingPeriodForm]] = field(default_factory=list)
    price_plans: list[Entry[PricePlanForm]] = field(default_factory=list)
    thresholds: list[Entry[ThresholdForm]] = field(default_factory=list)
    shared_caps: list[Entry[SharedCapForm]] = field(default_factory=list)
    policies: list[Entry[PolicyForm]] = field(default_factory=list)
    budgets: list[Entry[CatalogBudgetForm]] = field(default_factory=list)
    discounts: list[Entry[DiscountForm]] = field(default_factory=list)
    taxes: list[Entry[TaxForm]] = field(default_factory=list)
    partners: list[Entry[PartnerForm]] = field(default_factory=list)
    revenue_shares: list[Entry[RevenueShareForm]] = field(default_factory=list)
    commission_plans: list[Entry[CommissionPlanForm]] = field(default_factory=list)
    loyalty_rules: list[Entry[LoyaltyRuleForm]] = field(default_factory=list)
    conversions: list[Entry[ConversionForm]] = field(default_factory=list)
    exchange_rates: list[Entry[ExchangeRateForm]] = field(default_factory=list)
    source_platforms: list[Entry[SourcePlatform]] = field(default_factory=list)
    outcomes: list[Entry[OutcomeForm]] = field(default_factory=list)
    attributes: list[Entry[AttributeForm]] = field(default_factory=list)
    segments: list[Entry[SegmentForm]] = field(default_factory=list)
    rating_groups: list[Entry[RatingGroupForm]] = field(default_factory=list)
    subscribers: list[Entry[SubscriberForm]] = field(default_factory=list)
    row_files: dict[str, tuple[ZoneRow, ...]] = field(default_factory=dict)
    """The rows of CSV files, by the file's name."""

    def calendars(self) -> dict[str, HolidayCalendarForm]:
        """The holiday calendars by their id."""
        return {entry.form.id: entry.form for entry in self.holiday_calendars}

    def rows_of(self, unit: ZoneUnitForm) -> tuple[ZoneRow, ...]:
        """The rows of a zone unit's file; without one, none."""
        return self.row_files.get(unit.rows_file, ())


_SETTINGS: Final = ("tenant", "grace", "late", "is_test")
_SECTIONS: Final = tuple(name for name in CatalogFile.__struct_fields__ if name not in _SETTINGS)


def read_folder(folder: Path, book: ProblemBook, custom: dict[type, ReadText]) -> Sheets:
    """Every YAML file of the folder, read; problems go to the book."""
    sheets = Sheets()
    paths = sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES)
    if not paths:
        book.report(Place(folder.name), "no .yaml file in this folder")
    for path in paths:
        root = compose_file(path, book)
        if root is None:
            continue
        place = Place(path.name)
        if not isinstance(root, MappingNode):
            book.spoil(place, "expected sections such as tenant, usage_types, price_plans")
            continue
        sort_in(sheets, NodeReader(book, custom).read(root, _FILE, place), place, book)
    for unit in sheets.zone_units:
        name = unit.form.rows_file
        if name and name not in sheets.row_files:
            if Path(name).name != name:
                book.report(unit.place.at("rows_file"), "expected a file of the catalog's folder")
                continue
            sheets.row_files[name] = read_rows(folder / name, book)
    return sheets


def replace_sections(sheets: Sheets, read: CatalogFile, place: Place, book: ProblemBook) -> None:
    """Put a file's sections in the place of those that are there already."""
    for name in _SECTIONS:
        if getattr(read, name):
            getattr(sheets, name).clear()
    for name in _SETTINGS:
        if getattr(read, name) is not None:
            sheets.settings.pop(name, None)
    sort_in(sheets, read, place, book)


def sort_in(sheets: Sheets, read: CatalogFile, place: Place, book: ProblemBook) -> None:
    """Add a file's entries to their sections."""
    for name in _SETTINGS:
        value = getattr(read, name)
        if value is None:
            continue
        if name in sheets.settings:
            first = sheets.settings[name].place
            book.report(place.at(name), f'"{name}" already stands in {first.file}')
        sheets.settings.setdefault(name, Entry(value, place.at(name)))
    for name in _SECTIONS:
        entries: list[Entry[Any]] = getattr(sheets, name)
        for number, form in enumerate(getattr(read, name)):
            entries.append(Entry(form, place.at(name, number)))


def by_id(entries: list[Entry[Any]], book: ProblemBook, key: str = "id") -> dict[str, Any]:
    """The forms by their id; a second one of the same id is reported."""
    found: dict[str, Entry[Any]] = {}
    for entry in entries:
        name = getattr(entry.form, key)
        if name in found:
            first = found[name].place
            book.report(entry.place.at(key), f'{key} "{name}" already stands in {first.file}')
        found.setdefault(name, entry)
    return {name: entry.form for name, entry in found.items()}


def nested(entry: Entry[Any], field_name: str) -> Iterator[tuple[Any, Place]]:
    """The items of a list of the form, each with its place."""
    for number, item in enumerate(getattr(entry.form, field_name)):
        yield item, entry.place.at(field_name, number)
