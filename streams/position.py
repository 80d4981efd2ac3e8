"""Positions on the globe, exactly: a latitude and a longitude in degrees, their geohash, boxes."""

from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from streams.model.money import CONTEXT

_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_GEOHASH_LENGTH = 12
_SIDE_BITS = 30
_CELLS = 1 << _SIDE_BITS
_LATITUDE_MAX, _LONGITUDE_MAX = Decimal(90), Decimal(180)
_ROUND = Decimal(360)


class Position(NamedTuple):
    """Degrees north and east, and the geohash of 12 characters."""

    latitude: Decimal
    longitude: Decimal
    geohash: str


class Box(NamedTuple):
    """An area between two latitudes and two longitudes, its southern and western edge included.

    A box whose west lies east of its east goes over the 180th meridian. Its northern edge belongs
    to it at the pole alone, its eastern one at the 180th meridian alone.
    """

    south: Decimal
    west: Decimal
    north: Decimal
    east: Decimal

    @classmethod
    def of(cls, text: str) -> "Box":
        """The box of `south,west,north,east`."""
        return cls(*map(Decimal, text.split(",")))

    @property
    def size(self) -> Decimal:
        """Its extent in square degrees."""
        width = self.east - self.west
        return (self.north - self.south) * (width if width > 0 else width + _ROUND)

    def holds(self, position: Position) -> bool:
        """True where the position lies in the box."""
        latitude, longitude = position.latitude, position.longitude
        if not self.south <= latitude < self.north and not latitude == self.north == _LATITUDE_MAX:
            return False
        if self.west < self.east:
            below = longitude < self.east or longitude == self.east == _LONGITUDE_MAX
            return self.west <= longitude and below
        return longitude >= self.west or longitude < self.east


@lru_cache(maxsize=65_536)
def position_of(text: str) -> Position | None:
    """The position of `latitude,longitude`; None where it is none on the globe."""
    first, _, second = text.partition(",")
    try:
        latitude, longitude = Decimal(first.strip()), Decimal(second.strip())
    except InvalidOperation:
        return None
    if not (latitude.is_finite() and longitude.is_finite()):
        return None
    if abs(latitude) > _LATITUDE_MAX or abs(longitude) > _LONGITUDE_MAX:
        return None
    return Position(latitude, longitude, _geohash(latitude, longitude))


def _geohash(latitude: Decimal, longitude: Decimal) -> str:
    """The cell of the position; bits of longitude and latitude take turns, longitude first."""
    east = _cell(longitude + _LONGITUDE_MAX, _ROUND)
    north = _cell(latitude + _LATITUDE_MAX, _LONGITUDE_MAX)
    mixed = 0
    for bit in range(_SIDE_BITS - 1, -1, -1):
        mixed = mixed << 2 | (east >> bit & 1) << 1 | north >> bit & 1
    shifts = range(5 * (_GEOHASH_LENGTH - 1), -1, -5)
    return "".join([_ALPHABET[mixed >> shift & 31] for shift in shifts])


def _cell(degrees: Decimal, whole: Decimal) -> int:
    share = CONTEXT.divide(CONTEXT.multiply(degrees, Decimal(_CELLS)), whole)
    return min(int(share.to_integral_value(ROUND_FLOOR)), _CELLS - 1)
