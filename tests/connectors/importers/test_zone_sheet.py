"""Zone sheets: each sheet of a workbook is a zone unit."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.catalog.importers.folder import SourceRefused
from connectors.catalog.load import load_catalog
from streams.model.instant import instant_of
from streams.model.usage import UsageRecord
from streams.rate.zone_unit import ZoneTable
from tests.connectors.importers.charged import imported


def workbook(tmp_path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "zones.xlsx")
    return tmp_path / "zones.xlsx"


def record(day: str = "2025-01-01", **attributes: str) -> UsageRecord:
    at = instant_of(datetime.fromisoformat(day).replace(tzinfo=UTC))
    return UsageRecord(b"", "t", "s", "e", 0, 0, 0, "u", "x", "x", at, at, (), attributes)


def test_patterns_dates_and_numbers_of_cells(tmp_path: Path) -> None:
    source = workbook(
        tmp_path,
        World=[
            ["Origin", "Destination", "Zone", "Start date", "End date", "Remark"],
            ["*", 44, "UK", None, None, "a number is a prefix"],
            [
                "*",
                "44123*",
                "UK special",
                date(2025, 1, 1),
                datetime.fromisoformat("2025-07-01"),
                None,
            ],
            [41, "44", "From home", None, None, None],
            [None, None, None, None, None, None],
            [None, '"112"', "Emergency", None, None, None],
            [None, "*", "Elsewhere", None, None, None],
        ],
    )
    (unit,) = load_catalog(imported("zone-sheet", source, tmp_path / "out")).zone_units
    zones = ZoneTable(unit)
    assert (unit.id, unit.name) == ("world", "World")
    assert zones.zone_for(record(called="44999")) == "uk"
    assert zones.zone_for(record(called="44999", caller="41")) == "from_home"
    assert zones.zone_for(record("2025-06-30", called="441234")) == "uk_special"
    assert zones.zone_for(record("2025-07-01", called="441234")) == "uk"
    assert zones.zone_for(record(called="112")) == "emergency"
    assert zones.zone_for(record(called="1121")) == "elsewhere"


def test_distances_make_a_geographic_unit(tmp_path: Path) -> None:
    source = workbook(
        tmp_path,
        Rides=[
            ["Destination", "Distance", "Zone"],
            ["u0qj", 5.5, "near"],
            ["45.8,5.9,47.9,10.5", 300, "country"],
        ],
    )
    (unit,) = load_catalog(imported("zone-sheet", source, tmp_path / "out")).zone_units
    zones = ZoneTable(unit)
    place = {"destination_position": "47.3769,8.5417"}
    assert unit.type == "geographic"
    assert zones.zone_for(record(distance_km="5.5", **place)) == "near"
    assert zones.zone_for(record(distance_km="5.501", **place)) == "country"
    assert zones.zone_for(record(distance_km="301", **place)) == ""


def test_two_sheets_are_two_units(tmp_path: Path) -> None:
    rows = [["destination", "zone"], ["44", "uk"]]
    catalog = load_catalog(
        imported("zone-sheet", workbook(tmp_path, A=rows, B=rows), tmp_path / "out")
    )
    assert [unit.id for unit in catalog.zone_units] == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["x"]], "zones.xlsx[A]:1: error: destination '': the first row names no such column"),
        ([["destination", "zone"]], "zones.xlsx[A]:2: error: no row below the header"),
        ([["destination", "zone"], ["44", None]], "zones.xlsx[A]:2: error: zone '': expected text"),
        ([["destination", "zone"], ["4*4", "x"]], "destination '4*4': '4*4*' is no pattern"),
        (
            [["destination", "zone", "from"], ["4", "x", "soon"]],
            "from 'soon': expected a date like 2026-01-31",
        ),
        (
            [["destination", "zone", "distance"], ["a", "x", 3]],
            "destination 'a': 'a*' is no area",
        ),
        (
            [["destination", "zone", "distance"], ["u", "x", "far"]],
            "up_to 'far': expected a number of 0 or more",
        ),
    ],
)
def test_mistakes_are_told_by_sheet_row_and_column(
    tmp_path: Path, rows: list[list[Any]], told: str
) -> None:
    with pytest.raises(SourceRefused) as refused:
        imported("zone-sheet", workbook(tmp_path, A=rows), tmp_path / "out")
    assert told in str(refused.value)


def test_what_is_no_workbook(tmp_path: Path) -> None:
    source = tmp_path / "zones.xlsx"
    source.write_text("no")
    with pytest.raises(SourceRefused, match="is no workbook"):
        imported("zone-sheet", source, tmp_path / "out")
