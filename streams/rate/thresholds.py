"""The thresholds of a catalog, compiled: by what they watch, and who is told of each."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil
from typing import Final, NamedTuple

from streams.model.catalog import Catalog
from streams.model.money import CONTEXT, ZERO, Quantity
from streams.model.threshold import Action, Threshold
from streams.rate.bounds import MoneyBounds
from streams.rate.levels import Ladder, Level, cap_levels, ladder_of, levels_of
from streams.rate.spans import entry_span, spans_of, spent_total
from streams.rate.threshold_status import terms_of
from streams.rate.words import held_words

_KEPT: Final = 4096


class Notice(NamedTuple):
    """Who is told of a threshold's alerts, what is to be done, and which accounts it concerns.

    `has_span`: its periods are its own, not the account's months. `value` is what sessions are told
    with the action.
    """

    to: tuple[str, ...] = ()
    action: Action = "notify"
    attributes: tuple[tuple[str, str], ...] = ()
    has_span: bool = False
    value: str = ""

    def concerns(self, attributes: Mapping[str, str]) -> bool:
        """True where an account's attributes are as the threshold has them."""
        return all(attributes.get(name) == value for name, value in self.attributes)


class AllowanceLevel(NamedTuple):
    """A level on a grant: what has to be used of it to reach it.

    `left`: the alert tells what is left instead of what is used.
    """

    level: Level
    used: Decimal
    left: bool


class Thresholds:
    """All thresholds of a catalog. Immutable but for its look-up caches."""

    __slots__ = (
        "_allowances",
        "_firsts",
        "_levels",
        "allowances",
        "asks",
        "by_words",
        "caps",
        "followed",
        "groups",
        "money",
        "notices",
        "spans",
        "totals",
    )

    def __init__(self, catalog: Catalog) -> None:
        thresholds = catalog.thresholds
        self.money = MoneyBounds(thresholds)
        self.asks = any(each.top_up is not None for each in thresholds)
        currencies = {rule.code for rule in catalog.currencies}
        self.spans = {
            each.id: _span_of(each) for each in thresholds if each.resource not in currencies
        } | {each.id: _span_of(each) for each in thresholds if each.on == "spend"}
        """What the periods of each go by, but of those on money."""
        own = spans_of(catalog)
        self.notices = {
            each.id: _notice(each, self.spans.get(each.id) in own) for each in thresholds
        }
        self.by_words = any(notice.attributes for notice in self.notices.values())
        """True where some are for accounts of certain attributes."""
        named = {each.id for each in catalog.allowances}
        self._allowances = _by_resource(
            each
            for each in thresholds
            if each.on == "allowance" or (each.on == "balance" and each.resource in named)
        )
        self.allowances = frozenset(self._allowances)
        self.totals: Mapping[str, tuple[Ladder, ...]] = _ladders(thresholds)
        """Levels on running totals, by the total that they are on."""
        self.followed = terms_of(thresholds, own)
        """Those whose status can be asked for and followed."""
        self.caps = cap_levels(catalog)
        """Levels on what accounts of many roots share."""
        per_group = {each.id for each in catalog.accumulators if each.per == "group"}
        self.groups = frozenset(per_group & self.totals.keys())
        """Those of them that all accounts of a root move."""
        self._levels: dict[tuple[str, int], tuple[AllowanceLevel, ...]] = {}
        self._firsts: dict[tuple[str, Quantity], int] = {}

    def of_allowance(self, resource: str, granted: Quantity) -> tuple[AllowanceLevel, ...]:
        """The levels on an allowance of which `granted` was given."""
        if type(granted) is not int:
            # Equal decimals may be written in several ways, and a level is told as it is written.
            return self._find(resource, granted)
        key = (resource, granted)
        levels = self._levels.get(key)
        if levels is None:
            if len(self._levels) >= _KEPT:
                self._levels.clear()
            levels = self._levels[key] = self._find(resource, granted)
        return levels

    def first_of_allowance(self, resource: str, granted: Quantity) -> int:
        """The smallest whole number of units used that reaches a level on an allowance."""
        key = (resource, granted)
        first = self._firsts.get(key)
        if first is None:
            if len(self._firsts) >= _KEPT:
                self._firsts.clear()
            found = self._find(resource, granted)
            first = self._firsts[key] = min(ceil(level.used) for level in found)
        return first

    def _find(self, resource: str, granted: Quantity) -> tuple[AllowanceLevel, ...]:
        whole = Decimal(granted)
        found: list[AllowanceLevel] = []
        for threshold in self._allowances.get(resource, ()):
            left = threshold.on == "balance"
            last = ZERO if left else whole
            for level in levels_of(threshold, of=whole, last=last):
                used = CONTEXT.subtract(whole, level.at) if left else level.at
                found.append(AllowanceLevel(level, used, left))
        return tuple(found)


def _notice(threshold: Threshold, has_span: bool) -> Notice:
    # What a spend or an entry is of has been judged by its own rule, word by word.
    words = {} if threshold.on in ("spend", "entry") else threshold.when
    attributes = tuple((key, words[word]) for word, key in held_words(words))
    return Notice(threshold.to, threshold.action, attributes, has_span, threshold.value)


def _span_of(threshold: Threshold) -> str:
    match threshold.on:
        case "spend":
            return spent_total(threshold.id)
        case "entry":
            return entry_span(threshold.id)
        case _:
            return threshold.resource


def _by_resource(thresholds: Iterable[Threshold]) -> dict[str, tuple[Threshold, ...]]:
    found: dict[str, tuple[Threshold, ...]] = {}
    for each in thresholds:
        found[each.resource] = (*found.get(each.resource, ()), each)
    return found


def _ladders(thresholds: Iterable[Threshold]) -> dict[str, tuple[Ladder, ...]]:
    found: dict[str, tuple[Ladder, ...]] = {}
    for each in thresholds:
        if each.on in ("accumulator", "spend"):
            total = each.resource if each.on == "accumulator" else spent_total(each.id)
            found[total] = (*found.get(total, ()), ladder_of(each))
    return found
