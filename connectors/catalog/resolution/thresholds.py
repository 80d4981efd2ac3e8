"""Thresholds from their words."""

from connectors.catalog.forms.thresholds import AutoTopUpForm, ThresholdForm
from connectors.catalog.resolution.dates import duration_of
from connectors.catalog.resolution.money import words_of
from connectors.catalog.resolution.when import Periods, own_period
from streams.model.threshold import Threshold
from streams.model.top_up_request import AutoTopUp


def threshold(form: ThresholdForm, periods: Periods) -> Threshold:
    """A threshold."""
    words = words_of(form) | {
        "levels": form.all_levels,
        "percents": form.all_percents,
        "period": own_period(form.period, periods),
        "top_up": _top_up(form.top_up, periods),
    }
    del words["level"], words["percent"]
    return Threshold(**words)


def _top_up(form: AutoTopUpForm | None, periods: Periods) -> AutoTopUp | None:
    if form is None:
        return None
    return AutoTopUp(
        amount=form.amount,
        limit=form.limit,
        every=own_period(form.every, periods),
        within=duration_of(form.within),
    )
