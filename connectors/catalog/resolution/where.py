"""Zone units: prefixes, patterns, dates → rows of the model."""

from collections.abc import Iterable

from connectors.catalog.forms.where import ZoneRowForm, ZoneUnitForm
from connectors.catalog.resolution.dates import instant_at
from streams.model.instant import BEGINNING, FOREVER
from streams.model.zone_unit import ANYTHING, ZoneRow, ZoneUnit


def zone_row(row: ZoneRowForm) -> ZoneRow:
    """The model's row."""
    start = None if row.start is None else instant_at(row.start)
    end = None if row.end is None else instant_at(row.end)
    return ZoneRow(
        destination=row.destination,
        zone=row.zone,
        origin=row.origin,
        start=BEGINNING if start is None else start,
        end=FOREVER if end is None else end,
        up_to=row.up_to,
        origin_field=row.origin_field,
        destination_field=row.destination_field,
    )


def zone_unit(unit: ZoneUnitForm, from_file: Iterable[ZoneRow]) -> ZoneUnit:
    """The model's zone unit; `from_file` are the rows of its `rows_file`."""
    default = unit.default or ""
    if isinstance(unit.rows, dict):
        prefixes = sorted(prefix for prefix in unit.rows if prefix != ANYTHING)
        rows = tuple(ZoneRow(prefix + ANYTHING, unit.rows[prefix]) for prefix in prefixes)
        default = default or unit.rows.get(ANYTHING, "")
    else:
        rows = tuple(zone_row(row) for row in unit.rows)
    return ZoneUnit(
        id=unit.id,
        name=unit.name,
        type="geographic" if unit.type == "geographic" else "origin_destination",
        status=unit.status,
        destination=unit.destination or ((unit.attribute,) if unit.attribute else ()),
        origin=unit.origin,
        distance=unit.distance,
        rows=(*rows, *from_file),
        default=default,
    )
