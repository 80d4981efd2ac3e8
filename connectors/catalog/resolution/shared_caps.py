"""Caps that accounts share, from their words."""

from connectors.catalog.forms.shared_caps import SharedCapForm
from connectors.catalog.resolution.money import words_of
from connectors.catalog.resolution.when import Periods, period_named
from streams.model.shared_cap import SharedCap


def shared_cap(form: SharedCapForm, periods: Periods) -> SharedCap:
    """A cap."""
    return SharedCap(**words_of(form) | {"every": period_named(form.every, periods)})
