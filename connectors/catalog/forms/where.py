"""Where: zone units."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from connectors.catalog.forms.words import Date, Id
from streams.model.zone_unit import ZoneStatus

TypeWord = Literal["origin_destination", "geographic", "standard"]
"""`standard` is another word for `origin_destination`."""


class ZoneRowForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to a zone.

    A pattern is `*` (anything), `44123*` (what begins so) or `44123` (exactly that). In a
    geographic unit it is `*`, `u0qj*` (a geohash that begins so) or `46.0,6.0,47.9,10.5` (a box:
    south, west, north, east). `up_to` is the greatest distance, inclusive. Fields other than the
    unit's may stand in the row.
    """

    zone: Id
    destination: str = "*"
    origin: str = "*"
    up_to: Decimal | None = None
    start: Date | None = field(default=None, name="from")
    end: Date | None = field(default=None, name="until")
    origin_field: str = ""
    destination_field: str = ""


class ZoneUnitForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where: of the rows that fit, the most specific one says the zone.

    `attribute` with a mapping of `rows` is the short form: prefix of the attribute's value to zone,
    where `*` is every other value. A list of `rows` says all that a row can; `rows_file` names a
    CSV file of the folder that holds them. Only an ACTIVE unit finds zones.
    """

    id: Id
    name: str = ""
    type: TypeWord = "origin_destination"
    status: ZoneStatus = "ACTIVE"
    attribute: str = ""
    origin: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()
    distance: str = ""
    rows: dict[str, Id] | tuple[ZoneRowForm, ...] = ()
    rows_file: str = ""
    default: Id | None = None
