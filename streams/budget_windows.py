"""The windows of budgets: of the calendar, or the last so many of its minutes, hours or days."""

from collections.abc import Iterable
from typing import Final

from streams.model.billing_period import BillingPeriod, PeriodUnit, period_at
from streams.model.budget import Budget, BudgetSpan, BudgetTotal
from streams.model.instant import BEGINNING, DAY, FOREVER, HOUR, MINUTE, Instant, Period
from streams.model.money import Quantity, added

MOST: Final = 64
"""So many windows are kept at most beside those that a rolling one is made of."""
LIFE: Final = Period(BEGINNING, FOREVER)
_UNITS: Final[dict[str, PeriodUnit]] = {
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
}
_STRUCTURES: Final = {name: BillingPeriod(id=name, unit=unit) for name, unit in _UNITS.items()}


def window_at(budget: Budget, at: Instant) -> Period:
    """The window that usage of that time counts in; of a rolling one, its step."""
    if budget.every == "life":
        return LIFE
    if budget.every == "minute":
        start = at // MINUTE * MINUTE
        return Period(start, start + MINUTE)
    return period_at(at, _STRUCTURES[budget.every], budget.time_zone)


def used_in(budget: Budget, total: BudgetTotal, window: Period) -> Quantity:
    """What usage in that window is measured with, what is set aside among it.

    Of a rolling one it is the most of all windows that its step is in: a session that began a while
    ago uses now what those that came after it must not be given.
    """
    if not budget.rolling:
        return _sum(span for span in total.spans if span.start == window.start)
    last = first_after(budget, window)
    ends = {window.start, *(each.start for each in total.spans if window.start < each.start < last)}
    return max(
        _sum(span for span in total.spans if _first(budget, end) <= span.start <= end)
        for end in ends
    )


def _sum(spans: Iterable[BudgetSpan]) -> Quantity:
    total: Quantity = 0
    for span in spans:
        total = added(total, added(span.used, span.held))
    return total


def first_after(budget: Budget, window: Period) -> Instant:
    """When nothing of the window counts any more."""
    if not budget.rolling or window.end == FOREVER:
        return window.end
    return window.end + (budget.rolling - 1) * _length(budget)


def kept(budget: Budget, spans: tuple[BudgetSpan, ...], time: Instant) -> tuple[BudgetSpan, ...]:
    """Those that usage may still come for, or that something is set aside in.

    A window is kept for as long again as it lasted; of many at once the newest.
    """
    left = [span for span in spans if span.held or (span.used and closes_at(budget, span) > time)]
    over = len(left) - MOST - budget.rolling
    if over > 0:
        left = [span for place, span in enumerate(left) if span.held or place >= over]
    return tuple(left)


def closes_at(budget: Budget, span: BudgetSpan) -> Instant:
    """When nothing of it is needed any more."""
    if span.end == FOREVER:
        return FOREVER
    last = first_after(budget, Period(span.start, span.end))
    return last + max(last - span.start, MINUTE)


def _first(budget: Budget, newest: Instant) -> Instant:
    """When the first of the steps begins that end with the newest."""
    back = (budget.rolling - 1) * _length(budget)
    # Half a day more finds the day whatever the clock has done meanwhile.
    middle = DAY // 2 if budget.every == "day" else 0
    return window_at(budget, newest - back + middle).start


def _length(budget: Budget) -> Instant:
    return {"minute": MINUTE, "hour": HOUR, "day": DAY}[budget.every]
