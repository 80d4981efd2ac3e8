"""The files of a CGRateS tariff folder, read into values with their lines."""

from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from connectors.catalog.importers.folder import ImportProblem, ProblemList
from connectors.catalog.importers.values import Line, read_plain
from streams.model.instant import Instant

ANY: Final = "*any"

_COLUMNS: Final = {
    "Timings.csv": ("Id", "Years", "Months", "MonthDays", "WeekDays", "Time"),
    "Destinations.csv": ("Id", "Prefix"),
    "Rates.csv": (
        "Id",
        "ConnectFee",
        "Rate",
        "RateUnit",
        "RateIncrement",
        "GroupIntervalStart",
    ),
    "DestinationRates.csv": (
        "Id",
        "DestinationId",
        "RatesTag",
        "RoundingMethod",
        "RoundingDecimals",
        "MaxCost",
        "MaxCostStrategy",
    ),
    "RatingPlans.csv": ("Id", "DestinationRatesId", "TimingTag", "Weight"),
    "RatingProfiles.csv": (
        "Tenant",
        "Category",
        "Subject",
        "ActivationTime",
        "RatingPlanId",
        "RatesFallbackSubject",
    ),
}
FILES: Final = tuple(_COLUMNS)


class Timing(NamedTuple):
    """When: lists that are empty mean any; `minute` of the day it begins at, until midnight."""

    id: str
    years: tuple[int, ...]
    months: tuple[int, ...]
    month_days: tuple[int, ...]
    weekdays: tuple[int, ...]
    minute: int

    @property
    def dates(self) -> tuple[tuple[int, ...], ...]:
        """What it asks of the calendar, weekdays apart."""
        return self.years, self.months, self.month_days


class Slot(NamedTuple):
    """A line of Rates.csv."""

    connect_fee: Decimal
    rate: Decimal
    unit_s: Decimal
    increment_s: int
    from_s: int


class DestinationRate(NamedTuple):
    """A line of DestinationRates.csv."""

    destination: str
    rate: str
    rounding: str
    decimals: int
    max_cost: Decimal
    strategy: str
    line: Line


class PlanEntry(NamedTuple):
    """A line of RatingPlans.csv."""

    rates: str
    timing: str
    weight: Decimal
    line: Line


class Profile(NamedTuple):
    """A line of RatingProfiles.csv."""

    tenant: str
    category: str
    subject: str
    start: Instant
    plan: str
    line: Line


class Tariff:
    """All of a folder, by ids; mistakes are in `problems`."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[ImportProblem] = []
        self.timings: dict[str, Timing] = {
            ANY: Timing(ANY, (), (), (), (), 0),
            "*asap": Timing("*asap", (), (), (), (), 0),
        }
        self.destinations: dict[str, list[str]] = {ANY: [""]}
        self.rates: dict[str, list[Slot]] = {}
        self.destination_rates: dict[str, list[DestinationRate]] = {}
        self.plans: dict[str, list[PlanEntry]] = {}
        self.profiles: list[Profile] = []
        readers = dict(
            zip(
                FILES,
                (
                    self._timing,
                    self._destination,
                    self._rate,
                    self._destination_rate,
                    self._plan,
                    self._profile,
                ),
                strict=True,
            )
        )
        for name, read in readers.items():
            problems = ProblemList(name)
            for line in read_plain(folder / name, problems, columns=_COLUMNS[name]):
                read(line)
            self.problems += problems.problems

    def _timing(self, line: Line) -> None:
        name = line.text("Id")
        hour, _, rest = (line.fields["Time"].removeprefix("*asap") or "00:00:00").partition(":")
        minute, _, second = rest.partition(":")
        parts = (hour, minute, second or "0")
        if not all(part.isdecimal() for part in parts) or int(second or 0):
            line.refuse("Time", "expected a time of whole minutes such as 18:00:00")
            return
        minutes = int(hour) * 60 + int(minute)
        if minutes >= 1440:
            line.refuse("Time", "expected a time before 24:00:00")
        weekdays = {(day - 1) % 7 for day in _numbers(line, "WeekDays", 0, 7)}
        self.timings[name] = Timing(
            name,
            _numbers(line, "Years", 1970, 9998),
            _numbers(line, "Months", 1, 12),
            _numbers(line, "MonthDays", 1, 31),
            tuple(sorted(weekdays)),
            minutes,
        )

    def _destination(self, line: Line) -> None:
        prefix = line.text("Prefix")
        self.destinations.setdefault(line.text("Id"), []).append(prefix.removeprefix("+"))

    def _rate(self, line: Line) -> None:
        increment, start = (
            line.seconds("RateIncrement", Decimal(1)),
            line.seconds("GroupIntervalStart", Decimal(0)),
        )
        unit = line.seconds("RateUnit", Decimal(60))
        for name, value in (("RateIncrement", increment), ("GroupIntervalStart", start)):
            if value != int(value) or (name == "RateIncrement" and value == 0):
                line.refuse(name, "expected whole seconds")
        if unit == 0:
            line.refuse("RateUnit", "expected more than 0 seconds")
        slot = Slot(
            line.amount("ConnectFee"), line.amount("Rate"), unit, int(increment), int(start)
        )
        self.rates.setdefault(line.text("Id"), []).append(slot)

    def _destination_rate(self, line: Line) -> None:
        method, strategy = line.fields["RoundingMethod"], line.fields["MaxCostStrategy"]
        if method.lstrip("*") not in ("up", "middle", "down", ""):
            line.refuse("RoundingMethod", "expected *up, *middle or *down")
        if strategy.lstrip("*") not in ("free", "disconnect", ""):
            line.refuse("MaxCostStrategy", "expected *free or *disconnect")
        decimals = line.fields["RoundingDecimals"] or "0"
        if not decimals.isdecimal():
            line.refuse("RoundingDecimals", "expected a number of digits")
            decimals = "0"
        self.destination_rates.setdefault(line.text("Id"), []).append(
            DestinationRate(
                line.text("DestinationId"),
                line.text("RatesTag"),
                method.lstrip("*"),
                int(decimals),
                line.amount("MaxCost"),
                strategy.lstrip("*"),
                line,
            )
        )

    def _plan(self, line: Line) -> None:
        entry = PlanEntry(
            line.text("DestinationRatesId"), line.text("TimingTag"), line.amount("Weight"), line
        )
        self.plans.setdefault(line.text("Id"), []).append(entry)

    def _profile(self, line: Line) -> None:
        if line.fields["RatesFallbackSubject"]:
            line.refuse(
                "RatesFallbackSubject", "a fallback has no place in a catalog: expected none"
            )
        start = line.instant("ActivationTime")
        if start is None:
            line.refuse("ActivationTime", "expected an instant like 2026-01-31T00:00:00Z")
            return
        self.profiles.append(
            Profile(
                line.text("Tenant"),
                line.text("Category"),
                line.text("Subject"),
                start,
                line.text("RatingPlanId"),
                line,
            )
        )


def _numbers(line: Line, name: str, low: int, high: int) -> tuple[int, ...]:
    """`1;2;3` or `*any`."""
    text = line.fields[name]
    if text in ("", ANY):
        return ()
    parts = text.split(";")
    if not all(part.isdecimal() and low <= int(part) <= high for part in parts):
        line.refuse(name, f"expected numbers of {low} to {high} such as 1;2, or {ANY}")
        return ()
    return tuple(sorted({int(part) for part in parts}))
