"""The table of `genai-prices`, read from the package or from a file of its data.

A model's prices hold under conditions: from a day on, or at a time of the day (UTC). Of several
that hold, the last one counts; where none does, the first. A variant replaces single prices for
requests that say so; of several, the first one that has a price for a unit counts.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple

from connectors.catalog.importers.folder import ImportProblem, SourceRefused
from connectors.catalog.importers.genai_plain import plain_provider

PACKAGE: Final = "package"
_DAY_MINUTES: Final = 1440


class Cell(NamedTuple):
    """A price, and those of requests with more than so many input tokens, by rising number."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def above(self, start: int) -> Decimal:
        """The price of requests with just more than `start` input tokens."""
        return [self.base, *(price for begin, price in self.tiers if begin <= start)][-1]


Prices = dict[str, Cell]


class Condition(NamedTuple):
    """When a price holds: from a day on, or in a window of the day; without either, always."""

    day: date | None = None
    window: tuple[int, int] | None = None

    def holds(self, day: date, minute: int) -> bool:
        """True on this day at this minute of UTC."""
        if self.day is not None:
            return day >= self.day
        if self.window is None:
            return True
        start, end = self.window
        return start <= minute < end if start <= end else minute >= start or minute < end


class Variant(NamedTuple):
    """Prices in place of others for requests that say `when`."""

    when: dict[str, str]
    prices: Prices
    condition: Condition


class Model(NamedTuple):
    """One entry of the table. `patterns` are what its name may be."""

    provider: str
    id: str
    patterns: tuple[str, ...]
    prices: tuple[tuple[Condition, Prices], ...]
    variants: tuple[Variant, ...]

    def all_prices(self) -> Iterator[Prices]:
        """The prices under whatever condition."""
        yield from (prices for _, prices in self.prices)
        yield from (variant.prices for variant in self.variants)

    def dates(self) -> list[date]:
        """The days on which something changes."""
        days = {condition.day for condition in self._conditions()}
        return sorted(day for day in days if day is not None)

    def switches(self) -> list[int]:
        """The minutes of a day at which something changes; midnight is none."""
        windows = (condition.window for condition in self._conditions())
        return sorted(
            {edge % _DAY_MINUTES for window in windows if window for edge in window} - {0}
        )

    def cells(self, day: date, minute: int) -> Iterator[tuple[dict[str, str], Prices]]:
        """What requests ask for beside provider and model, and the prices of that."""
        standard = self.prices[0][1]
        for condition, prices in reversed(self.prices):
            if condition.holds(day, minute):
                standard = prices
                break
        yield {}, standard
        variants = [each for each in self.variants if each.condition.holds(day, minute)]
        for asked in _unions([each.when for each in variants]):
            own: Prices = {}
            for each in variants:
                if each.when.items() <= asked.items():
                    own = each.prices | own
            if own:
                yield asked, standard | own

    def _conditions(self) -> Iterator[Condition]:
        yield from (condition for condition, _ in self.prices)
        yield from (variant.condition for variant in self.variants)


def _unions(whens: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """What may be asked for at once: all unions that do not contradict themselves."""
    distinct = [dict(each) for each in dict.fromkeys(tuple(sorted(w.items())) for w in whens)]
    found: dict[tuple[tuple[str, str], ...], None] = {}
    for size in range(1, len(distinct) + 1):
        for several in combinations(distinct, size):
            pairs = {pair for when in several for pair in when.items()}
            if len({word for word, _ in pairs}) == len(pairs):
                found[tuple(sorted(pairs))] = None
    return [dict(pairs) for pairs in found]


def read_models(source: Path) -> tuple[Mapping[str, Any], list[Model], list[str]]:
    """The units, the models, and notes on what has no place in a catalog. Raises SourceRefused."""
    try:
        unit_data = import_module("genai_prices.data_units").unit_data
        table = import_module("genai_prices.data").providers if str(source) == PACKAGE else None
    except ImportError as error:
        message = "the package genai-prices is not installed: pip install 'vivace[genai-prices]'"
        raise SourceRefused([ImportProblem(str(source), 0, "", "", message)]) from error
    providers = _read_file(source) if table is None else [plain_provider(each) for each in table]
    models: list[Model] = []
    left_out = 0
    for provider in providers:
        taken = {model["id"] for model in provider["models"]}
        for model in provider["models"]:
            try:
                found, more = _model(provider["id"], model, taken)
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                name = f"{provider['id']}/{model.get('id')}"
                message = f"is no entry of the table: {error!r}"
                raise SourceRefused(
                    [ImportProblem(str(source), 0, "model", name, message)]
                ) from error
            models.append(found)
            left_out += more
    return unit_data, models, [f"{left_out} rules for names of models that are no patterns"]


def _read_file(source: Path) -> list[dict[str, Any]]:
    try:
        table = json.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        message = f"is no data file of genai-prices: {error}"
        raise SourceRefused([ImportProblem(str(source), 0, "", "", message)]) from error
    if not isinstance(table, list) or not all(isinstance(each, dict) for each in table):
        message = "is no data file of genai-prices: expected a list of providers"
        raise SourceRefused([ImportProblem(str(source), 0, "", "", message)])
    return table


def _model(provider: str, plain: Mapping[str, Any], taken: set[str]) -> tuple[Model, int]:
    patterns, left_out = [plain["id"]], 0
    for kind, text in _clauses(plain["match"]):
        pattern = {"equals": text, "starts_with": f"{text}*"}.get(kind)
        if pattern is None:
            left_out += 1
        elif pattern not in taken and "," not in pattern:
            taken.add(pattern)
            patterns.append(pattern)
    entries = plain["prices"]
    if isinstance(entries, dict):
        entries = [{"prices": entries}]
    prices = tuple(
        (_condition(each.get("constraint")), _prices(each["prices"])) for each in entries
    )
    variants = tuple(
        Variant(each["when"], _prices(each["prices"]), _condition(each.get("constraint")))
        for each in plain.get("price_variants") or ()
    )
    return Model(provider, plain["id"], tuple(patterns), prices, variants), left_out


def _clauses(match: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each alternative of a rule: its kind and its text."""
    ((kind, value),) = match.items()
    if kind == "or":
        for each in value:
            yield from _clauses(each)
    else:
        yield kind, value if isinstance(value, str) else ""


def _prices(plain: Mapping[str, Any]) -> Prices:
    return {key: _cell(value) for key, value in plain.items() if value is not None}


def _cell(plain: Any) -> Cell:
    if not isinstance(plain, Mapping):
        return Cell(Decimal(plain))
    tiers = sorted((int(tier["start"]), Decimal(tier["price"])) for tier in plain["tiers"])
    return Cell(Decimal(plain["base"]), tuple(tiers))


def _condition(plain: Mapping[str, Any] | None) -> Condition:
    if not plain:
        return Condition()
    if "start_date" in plain:
        return Condition(day=date.fromisoformat(plain["start_date"]))
    return Condition(window=(_minute(plain["start_time"]), _minute(plain["end_time"])))


def _minute(text: str) -> int:
    """The minute of the day in UTC; a time without an offset is UTC's."""
    moment = time.fromisoformat(text)
    offset = moment.utcoffset()
    ahead = 0 if offset is None else int(offset.total_seconds()) // 60
    if moment.second or moment.microsecond:
        raise ValueError(f"{text}: expected whole minutes")
    return (moment.hour * 60 + moment.minute - ahead) % _DAY_MINUTES
