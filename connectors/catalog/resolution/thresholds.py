"""Thresholds from their words."""

from connectors.catalog.forms.thresholds import ThresholdForm
from connectors.catalog.resolution.money import words_of
from connectors.catalog.resolution.when import Periods, own_period
from streams.model.threshold import Threshold


def threshold(form: ThresholdForm, periods: Periods) -> Threshold:
    """A threshold."""
    words = words_of(form) | {
        "levels": form.all_levels,
        "percents": form.all_percents,
        "period": own_period(form.period, periods),
    }
    del words["level"], words["percent"]
    return Threshold(**words)
