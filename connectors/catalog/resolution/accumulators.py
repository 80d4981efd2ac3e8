"""Accumulators, from their words."""

from connectors.catalog.forms.accumulators import AccumulatorForm
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.resolution.when import CALENDAR, Periods, own_period
from streams.model.accumulator import Accumulator, Rolling

_STEPS = {"h": "hour", "d": "day"}
_HOURS = 24


def accumulator(each: AccumulatorForm, periods: Periods) -> Accumulator:
    """The accumulator of a form that has been checked."""
    return Accumulator(
        id=each.id,
        usage_units=each.usage_units,
        sums=each.sums,
        period=own_period(each.period, periods) if each.has_periods else None,
        by=each.by,
        aggregate=each.aggregate,
        of=each.of,
        per=each.per,
        when=each.when,
        rolling=None if each.rolling is None else rolling(each.rolling, each.step),
        is_lifelong=each.rolling is None and not each.has_periods,
        most=each.most,
        kept=duration_of(each.closes_after) if each.closes_after else 0,
    )


def rolling(text: str, step: str | None) -> Rolling:
    """`30d` → 30 steps of a day; in steps of an hour, 720."""
    count, unit = int(text[:-1]), _STEPS[text[-1]]
    if unit == "day" and step == "hour":
        count *= _HOURS
    return Rolling(steps=count, step=CALENDAR[step or unit])
