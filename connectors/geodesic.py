"""Distances on the globe, by the library `geographiclib` (Karney's geodesics on WGS 84)."""

from decimal import Decimal
from functools import lru_cache

from geographiclib.geodesic import Geodesic

from streams.position import Position

_DIGITS = 6
"""Of kilometres: a millimetre, far above the error of the library."""


@lru_cache(maxsize=65_536)
def distance_km(start: Position, end: Position) -> Decimal:
    """Kilometres along the shortest way between two positions.

    The pairs seen lately are remembered: cells, stations and charging points come again.
    """
    line = Geodesic.WGS84.Inverse(
        float(start.latitude),
        float(start.longitude),
        float(end.latitude),
        float(end.longitude),
        Geodesic.DISTANCE,
    )
    return Decimal(f"{line['s12'] / 1000:.{_DIGITS}f}")
