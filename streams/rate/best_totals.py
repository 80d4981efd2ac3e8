"""The running totals of best prices over a period, by name."""

from collections.abc import Iterator
from typing import Final

from streams.model.billing_period import BillingPeriod
from streams.model.catalog import PricePlan

BEST: Final = "best:"
"""What the names of these settlements, and of their totals, begin with."""


class PeriodTotals:
    """The names of the totals of one usage type of a price plan."""

    __slots__ = ("_start", "charged", "settlement")

    def __init__(self, price_plan: str, usage_type: str) -> None:
        self._start = f"{BEST}{price_plan}/{usage_type}"
        self.charged = f"{self._start}:charged"
        self.settlement = f"{BEST}{usage_type}"

    def of(self, name: str) -> str:
        """What the offer would have cost."""
        return f"{self._start}/{name}"

    def out(self, name: str) -> str:
        """How many records it had no price for."""
        return f"{self._start}/{name}:out"


def best_periods(plan: PricePlan) -> Iterator[tuple[str, BillingPeriod | None]]:
    """All of a price plan, and the period that they go by."""
    if plan.best_over != "period":
        return
    for usage_type, named in plan.best_of.items():
        totals = PeriodTotals(plan.id, usage_type)
        yield totals.charged, plan.best_every
        for name in named:
            yield totals.of(name), plan.best_every
            yield totals.out(name), plan.best_every
