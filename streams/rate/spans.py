"""Running totals and grants with a period of their own, in place of the account's calendar month,
and totals that are kept apart by attributes.

Usage that comes too late for its own span counts in the one that is open, span by span: what is
late for its hour may still be in time for its month.
"""

from collections.abc import Callable
from typing import Final

from streams.model.account_period import CYCLE
from streams.model.billing import CALENDAR, Billing
from streams.model.billing_period import BillingPeriod, Starts, starts_of
from streams.model.catalog import Catalog
from streams.model.commitment import COMMITMENT
from streams.model.instant import BEGINNING, FOREVER, Instant, Period
from streams.rate.best_totals import best_periods
from streams.rate.rounded_totals import rounded_periods
from streams.rate.settled import settled_prices

LIFE: Final = Period(BEGINNING, FOREVER)
"""All time."""


class OwnSpan:
    """The spans of a total or a grant by its billing period, in the account's time zone.

    With attributes in `by`, there is a total for each combination of their values.
    """

    __slots__ = ("_starts", "by", "structure")

    def __init__(self, structure: BillingPeriod, by: tuple[str, ...] = ()) -> None:
        self.structure = structure
        self.by = by
        self._starts: dict[str, Starts] = {}

    def at(
        self,
        occurred_at: Instant,
        zone_name: str,
        *,
        closed_before: Instant,
        billing: Billing | None = None,
    ) -> Period:
        """The span that usage counts in: its own, or the open one where its own is closed."""
        starts = self._starts.get(zone_name)
        if starts is None:
            starts = self._starts[zone_name] = starts_of(self.structure, zone_name)
        span = starts.at(occurred_at)
        return starts.at(closed_before) if span.end <= closed_before else span

    def name_of(self, total: str, word_of: Callable[[str], str | None]) -> str:
        """The total that a record counts in: `<total>/<attribute>=<value>/…`."""
        words = (f"/{word}={escaped(word_of(word) or '')}" for word in self.by)
        return total + "".join(words)


class AllTime(OwnSpan):
    """One span for good."""

    __slots__ = ()

    def at(
        self,
        occurred_at: Instant,
        zone_name: str,
        *,
        closed_before: Instant,
        billing: Billing | None = None,
    ) -> Period:
        """All time."""
        return LIFE


class OwnCycle(OwnSpan):
    """The spans of a grant by the account's own bill units."""

    __slots__ = ()

    def at(
        self,
        occurred_at: Instant,
        zone_name: str,
        *,
        closed_before: Instant,
        billing: Billing | None = None,
    ) -> Period:
        """The bill unit, or the one that is open where that is closed."""
        own = billing or CALENDAR
        unit = own.unit_at(occurred_at, zone_name)
        if unit.end <= closed_before:
            unit = own.unit_at(closed_before, zone_name)
        return Period(unit.start, unit.end)


def escaped(value: str) -> str:
    """A value in which `/` separates nothing, nor the character 0."""
    return value.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")


MONTH = BillingPeriod(id="month", unit="month")
"""The calendar month of the account, by which totals go that have no period of their own."""

UNCOVERED: Final = "uncovered:"
"""What the names of the totals begin with that count what no allowance covered."""
SPENT: Final = "spent:"
"""What the names of the totals begin with that thresholds on spend go by."""
MONEY: Final = "money"
TAXED: Final = "taxed"
"""What stands in those names for allowances in money, and for such as are taxed."""

Spans = dict[str, OwnSpan]
"""By the name of a total or an allowance; what is not among them goes by the month."""


def spans_of(catalog: Catalog) -> Spans:
    """The totals and allowances of a catalog that have a period of their own."""
    plain = [each for each in catalog.accumulators if each.is_plain]
    named = [(each.id, each.period, each.by) for each in plain]
    named += [(given_total(each.id), each.period, ()) for each in catalog.discounts]
    named += [
        (peak_total(plan.id, each.id), each.period, each.by)
        for plan in catalog.price_plans
        if any(offer.holding for offer in plan.offers)
        for each in plain
    ]
    own = {each.id: each.period for each in catalog.accumulators}
    for plan in catalog.price_plans:
        for offer in plan.offers:
            for settled in settled_prices(plan.id, offer):
                period = own.get(settled.price.reference)
                named += [(settled.charged, period, ()), (settled.billed, period, ())]
        if plan.maximum_spend is not None:
            named.append((spend_total(plan.id), plan.maximum_spend.every, ()))
        for commitment in plan.commitments:
            if commitment.every != MONTH and not commitment.accumulator:
                named.append((commitment_total(plan.id, commitment.id), commitment.every, ()))
        named += [(name, period, ()) for name, period in best_periods(plan)]
    named += [(name, period, ()) for name, period in rounded_periods(catalog)]
    named += [
        (grant.allowance, grant.every, ()) for plan in catalog.price_plans for grant in plan.grants
    ]
    named += _uncovered(catalog)
    named += [
        (earned_total(each.id), each.tiers_every or MONTH, ())
        for each in catalog.loyalty_rules
        if each.tiers
    ]
    named += [(spent_total(each.id), each.period, ()) for each in catalog.thresholds]
    named += [(capped_total(each.id), each.every, ()) for each in catalog.shared_caps]
    named += [(entry_span(each.id), each.period, ()) for each in catalog.thresholds]
    evaluated = {each.accumulator for each in catalog.evaluations}
    named += [
        (name, MONTH, ()) for name, period, _ in named if period is None and name in evaluated
    ]
    spans = {
        name: (OwnCycle if period == CYCLE else OwnSpan)(period or MONTH, by)
        for name, period, by in named
        if period is not None or by
    }
    for each in catalog.accumulators:
        if not each.is_plain:
            is_always = each.rolling is not None or each.is_lifelong
            spans[each.id] = AllTime(MONTH) if is_always else OwnSpan(each.period or MONTH)
    return spans


def _uncovered(catalog: Catalog) -> list[tuple[str, BillingPeriod | None, tuple[str, ...]]]:
    """What no allowance covered goes by the period of the one that burns last, or of free units."""
    every = {grant.allowance: grant.every for plan in catalog.price_plans for grant in plan.grants}
    found: dict[str, BillingPeriod | None] = {}
    offers = [(plan.id, offer) for plan in catalog.price_plans for offer in plan.offers]
    for price_plan, offer in offers:
        impacts = set(offer.impacts).union(*(price.impacts or () for price in offer.prices))
        burned = (each for each in catalog.allowances if each.id in impacts)
        for allowance in sorted(burned, key=lambda each: each.priority):
            in_money = TAXED if allowance.taxed else MONEY
            for unit in allowance.usage_units or (in_money,):
                total = uncovered_total(price_plan, offer.usage_type, unit)
                found[total] = every.get(allowance.id)
        for discount in catalog.discounts:
            for unit in discount.units if discount.free_units is not None else ():
                total = uncovered_total(price_plan, offer.usage_type, unit)
                found.setdefault(total, discount.period)
    return [(total, period, ()) for total, period in found.items()]


def spend_total(price_plan: str) -> str:
    """The total of what a price plan's usage was billed, before its maximum."""
    return f"spend:{price_plan}"


def commitment_total(price_plan: str, commitment: str) -> str:
    """The total of what was billed of what counts for a commitment."""
    return f"{COMMITMENT}{price_plan}/{commitment}"


def spent_total(threshold: str) -> str:
    """The total of what usage has cost, as a threshold counts it."""
    return f"{SPENT}{threshold}"


def capped_total(cap: str) -> str:
    """The total of what a cap that accounts share did not let this one pay."""
    return f"capped:{cap}"


def earned_total(rule: str) -> str:
    """The total of the points that a loyalty rule has given, by which its tiers go."""
    return f"earned:{rule}"


def entry_span(threshold: str) -> str:
    """What the period of a notice of a first usage goes by: there is no total of that name."""
    return f"entry:{threshold}"


def given_total(discount: str) -> str:
    """The total of what a discount has given in its period."""
    return f"discount:{discount}"


def uncovered_total(price_plan: str, usage_type: str, unit: str) -> str:
    """The total of what allowances could have covered and did not: units, or money."""
    return f"{UNCOVERED}{price_plan}/{usage_type}/{unit}"


def peak_total(price_plan: str, accumulator: str) -> str:
    """The total of the most that an accumulator has come to in its period, under a price plan."""
    return f"peak:{price_plan}:{accumulator}"
