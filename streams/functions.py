"""Functions that the core is given, since it cannot have them: they need floats, or are plugged in.

Each is pure: the same arguments give the same value. What they give becomes part of the record, so
that nothing is worked out twice.
"""

from decimal import Decimal

from msgspec import Struct

from streams.enrich.distance import MeasureDistance
from streams.position import Position


def _no_distance(_start: Position, _end: Position) -> Decimal:
    raise LookupError("no function was given that measures distances")


class Functions(Struct, frozen=True):
    """What a catalog is compiled with."""

    distance: MeasureDistance = _no_distance


NO_FUNCTIONS = Functions()
