"""Functions that the core is given, since it cannot have them: they need floats, or are plugged in.

Each is pure: the same arguments give the same value. What they give becomes part of the record, so
that nothing is worked out twice.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from streams.enrich.distance import MeasureDistance
from streams.position import Position

QuantityFunction = Callable[[Mapping[str, Any]], Decimal | int]
"""How much a record is, by its plain values (see `streams/rate/plain_usage.py`), kept from change.

Pure: no clock, no chance, no look-up elsewhere.
"""


def _no_distance(_start: Position, _end: Position) -> Decimal:
    raise LookupError("no function was given that measures distances")


class Functions(Struct, frozen=True):
    """What a catalog is compiled with. `quantities` are those that rate units name."""

    distance: MeasureDistance = _no_distance
    quantities: Mapping[str, QuantityFunction] = {}


NO_FUNCTIONS = Functions()
