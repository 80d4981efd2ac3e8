"""Quantity functions that are plugged in: installed packages register them by entry points.

A package says, in its `pyproject.toml`:

    [project.entry-points."vivace.quantity_functions"]
    billable_minutes = "acme.rating:billable_minutes"

The function takes the record as a mapping of plain values, which it cannot change, and returns a
`Decimal` or an `int`. It must be pure, since a partition's history is computed again from its
inputs: a changed function is a new one, by a new name. What it raises ends the record as
`internal_error`.
"""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Final

import structlog

from streams.functions import QuantityFunction

GROUP: Final = "vivace.quantity_functions"

_log = structlog.get_logger()


def installed_functions() -> Mapping[str, QuantityFunction]:
    """The functions by name; one that cannot be loaded is told and left out, as if missing."""
    found: dict[str, QuantityFunction] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        try:
            function = entry.load()
        except Exception:  # whatever a package trips over while it is imported
            _log.exception("quantity function does not load", name=entry.name, value=entry.value)
            continue
        if callable(function):
            found[entry.name] = function
        else:
            _log.error("quantity function is no function", name=entry.name, value=entry.value)
    return found
