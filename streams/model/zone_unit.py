"""Where: rows of patterns and distances that lead to a zone.

A pattern is `*` (anything, also nothing), `44123*` (values that begin so) or `44123` (that value).
In a geographic unit it is `*`, `u0qj*` (positions whose geohash begins so) or
`46.0,6.0,47.9,10.5` (positions of that box: south, west, north, east).
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from streams.model.instant import BEGINNING, FOREVER, Instant

ZoneType = Literal["origin_destination", "geographic"]
ZoneStatus = Literal["ACTIVE", "INACTIVE", "CLOSED"]

ANYTHING = "*"


class ZoneRow(Struct, frozen=True, array_like=True):
    """A way to a zone, valid for usage that began at `start <= t < end`.

    `up_to` is the greatest distance in kilometres, inclusive; None: any, also an unknown one.
    Fields that are empty are the unit's.
    """

    destination: str
    zone: str
    origin: str = ANYTHING
    start: Instant = BEGINNING
    end: Instant = FOREVER
    up_to: Decimal | None = None
    origin_field: str = ""
    destination_field: str = ""


class ZoneUnit(Struct, frozen=True, kw_only=True):
    """Which zone a usage belongs to: of the rows that fit, the most specific one.

    The fields are attributes of the usage: one that holds the value, or two that hold a position's
    latitude and longitude. `distance` is the attribute, or the unit of the leaf, that holds
    kilometres. Without a row that fits, `default` is the zone; where it is empty, the record waits
    in suspense. Only an ACTIVE unit finds zones.
    """

    id: str
    destination: tuple[str, ...]
    rows: tuple[ZoneRow, ...]
    origin: tuple[str, ...] = ()
    distance: str = ""
    default: str = ""
    name: str = ""
    type: ZoneType = "origin_destination"
    status: ZoneStatus = "ACTIVE"
