"""Evaluations compiled: what the closed periods of an accumulator say about the one at hand.

The periods stand still while the one at hand runs, but for usage that comes late within their
grace. A period without usage counts as one of nothing, unless the account had none before it.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog
from streams.model.evaluation import Evaluation
from streams.model.instant import BEGINNING, Instant, Period
from streams.model.money import CONTEXT, Quantity, added, quantize_line, trimmed
from streams.rate.quantity import exact
from streams.rate.spans import MONTH, OwnSpan, earned_total

Total = tuple[str, Instant, Instant, Quantity]
"""An accumulator's id, its period's start and end, and its total."""

A_YEAR: Final = {"hour": 8760, "day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods a year counts as: whole ones, and none for leap days."""


class CompiledEvaluation:
    """An evaluation with its periods. It keeps the last window that it found, by time zone."""

    __slots__ = ("_every", "_found", "_initial", "_span", "accumulator", "rule")

    def __init__(self, rule: Evaluation, period: BillingPeriod | None) -> None:
        self.rule = rule
        self.accumulator = rule.accumulator
        self._initial = exact(rule.initial)
        self._span = OwnSpan(period or MONTH)
        self._every = OwnSpan(rule.every) if rule.every is not None else self._span
        self._found: dict[str, tuple[Instant, tuple[Period, ...]]] = {}

    def value(
        self,
        totals: Iterable[Total],
        *,
        at: Instant,
        zone_name: str,
        closed_before: Instant,
    ) -> Quantity:
        """What it says of these totals for a record of that time."""
        window = self.window(at, zone_name, closed_before=closed_before)
        first, end = window[0].start, window[-1].end
        summed: Quantity = 0
        earliest = end
        for name, start, until, total in totals:
            if name != self.accumulator:
                continue
            if first <= start and until <= end:
                summed = added(summed, total)
            if start < earliest:
                earliest = start
        if earliest == end:
            return self._initial
        return self._told(summed, sum(period.end > earliest for period in window))

    def window(self, at: Instant, zone_name: str, *, closed_before: Instant) -> tuple[Period, ...]:
        """The periods that are looked at, the oldest first."""
        base = self._every.at(at, zone_name, closed_before=closed_before).start
        found = self._found.get(zone_name)
        if found is not None and found[0] == base:
            return found[1]
        periods: list[Period] = []
        end = self._span.at(base, zone_name, closed_before=BEGINNING).start
        for _ in range(self.rule.periods):
            periods.append(self._span.at(end - 1, zone_name, closed_before=BEGINNING))
            end = periods[-1].start
        window = tuple(reversed(periods))
        self._found[zone_name] = base, window
        return window

    def _told(self, summed: Quantity, periods: int) -> Quantity:
        if self.rule.value == "total":
            return summed
        whole: Quantity = summed
        if self.rule.value == "annualised":
            structure = self._span.structure
            whole = CONTEXT.multiply(summed, Decimal(A_YEAR[structure.unit]))
            periods *= structure.every
        return exact(trimmed(quantize_line(CONTEXT.divide(Decimal(whole), periods))))


Evaluations = dict[str, CompiledEvaluation]
"""By id."""


def evaluations_of(catalog: Catalog) -> Evaluations:
    """The evaluations of a catalog, and what its loyalty tiers ask of the period before."""
    periods = {each.id: each.period for each in catalog.accumulators}
    found = {
        each.id: CompiledEvaluation(each, periods[each.accumulator]) for each in catalog.evaluations
    }
    for rule in catalog.loyalty_rules:
        if rule.tiers:
            name, total = earned_before(rule.id), earned_total(rule.id)
            before = Evaluation(id=name, accumulator=total, periods=1)
            found[name] = CompiledEvaluation(before, rule.tiers_every)
    return found


def earned_before(rule: str) -> str:
    """What the points of the period before are asked for as."""
    return f"{earned_total(rule)}:before"


def still_evaluated(
    closed: Iterable[Total],
    evaluations: Mapping[str, CompiledEvaluation],
    zone_name: str,
    closed_before: Instant,
) -> list[Total]:
    """Those of the closed totals that evaluations look at from now on.

    And of each accumulator the last one before them: it tells that the account was there already.
    """
    since: dict[str, Instant] = {}
    for each in evaluations.values():
        window = each.window(closed_before, zone_name, closed_before=closed_before)
        start = window[0].start
        since[each.accumulator] = min(since.get(each.accumulator, start), start)
    kept: list[Total] = []
    before: dict[str, Total] = {}
    for entry in closed:
        name, start = entry[0], entry[1]
        if name in since:
            if start >= since[name]:
                kept.append(entry)
            elif name not in before or before[name][1] < start:
                before[name] = entry
    return [*kept, *before.values()]
