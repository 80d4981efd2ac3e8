"""Running totals with a period of their own, in place of the account's calendar month.

Usage that comes too late for its own span counts in the one that is open, span by span: what is
late for its hour may still be in time for its month.
"""

from streams.model.billing_period import BillingPeriod, Starts, starts_of
from streams.model.catalog import Catalog
from streams.model.instant import Instant, Period


class OwnSpan:
    """The spans of a total by its billing period; by account, in its time zone."""

    __slots__ = ("_starts", "structure")

    def __init__(self, structure: BillingPeriod) -> None:
        self.structure = structure
        self._starts: dict[str, Starts] = {}

    def at(self, occurred_at: Instant, zone_name: str, *, closed_before: Instant) -> Period:
        """The span that usage counts in: its own, or the open one where its own is closed."""
        starts = self._starts.get(zone_name)
        if starts is None:
            starts = self._starts[zone_name] = starts_of(self.structure, zone_name)
        span = starts.at(occurred_at)
        return starts.at(closed_before) if span.end <= closed_before else span


Spans = dict[str, OwnSpan]
"""By a total's name; one that is not among them goes by the month."""


def spans_of(catalog: Catalog) -> Spans:
    """The totals of a catalog that have a period of their own."""
    named = [(each.id, each.period) for each in catalog.accumulators]
    named += [(given_total(each.id), each.period) for each in catalog.discounts]
    named += [
        (peak_total(plan.id, each.id), each.period)
        for plan in catalog.price_plans
        if any(offer.holding for offer in plan.offers)
        for each in catalog.accumulators
    ]
    return {name: OwnSpan(period) for name, period in named if period is not None}


def given_total(discount: str) -> str:
    """The total of what a discount has given in its period."""
    return f"discount:{discount}"


def peak_total(price_plan: str, accumulator: str) -> str:
    """The total of the most that an accumulator has come to in its period, under a price plan."""
    return f"peak:{price_plan}:{accumulator}"
