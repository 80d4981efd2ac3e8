"""Mistakes in zone units, time units, calendars, periods, and files of rows, each at its line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.catalog.load import read_catalog
from connectors.catalog.problem import CatalogProblem
from streams.model.billing_period import BillingPeriod
from streams.model.catalog import Catalog
from streams.model.zone_unit import ZoneRow

HEAD: dict[str, Any] = {
    "tenant": "shop",
    "usage_types": [{"id": "call", "units": ["s", "km"], "attributes": ["caller", "called"]}],
}


def read(folder: Path, sections: dict[str, Any], **files: str) -> Catalog | list[CatalogProblem]:
    (folder / "catalog.yaml").write_text(yaml.safe_dump(HEAD | sections, sort_keys=False))
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return read_catalog(folder)


def told(folder: Path, sections: dict[str, Any], **files: str) -> str:
    found = read(folder, sections, **files)
    assert isinstance(found, list)
    return "\n".join(map(str, found))


def zones(*rows: dict[str, Any], **words: Any) -> dict[str, Any]:
    unit = {"id": "z", "origin": ["caller"], "destination": ["called"]} | words
    return {"zone_units": [unit | {"rows": list(rows)}]}


def hours(band: dict[str, Any], **words: Any) -> dict[str, Any]:
    return {"time_units": [{"id": "t", "bands": [{"band": "b"} | band], "default": "d"} | words]}


def period(**words: Any) -> dict[str, Any]:
    return {"billing_periods": [{"id": "p", "unit": "month"} | words]}


ROW = {"zone": "a", "destination": "44*"}
GEO = {"type": "geographic", "distance": "km"}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (zones(), "expected at least one row"),
        (zones(ROW | {"destination": "4*4"}), "'4*4' is no pattern"),
        (zones(ROW | {"destination": ""}), "'' is no pattern"),
        (zones(ROW, status="OPEN"), "expected one of ACTIVE, CLOSED, INACTIVE"),
        (zones(ROW, type="round"), "expected one of geographic, origin_destination, standard"),
        (zones(ROW, distance="km"), "stands only with type geographic"),
        (zones(ROW, attribute="called"), 'stands beside "destination"'),
        (zones(ROW, destination=["called", "caller"]), "expected one attribute, found 2"),
        (zones(ROW | {"origin": "41"}, origin=[]), 'needs "origin" at the unit'),
        (zones(ROW | {"up_to": 5}), 'needs "distance" at the unit'),
        (zones(ROW | {"from": "2025-02-30"}), '"2025-02-30" is no date'),
        (zones(ROW | {"from": "2025-02-02", "until": "2025-02-02"}), "is not after 2025-02-02"),
        (zones(ROW, ROW | {"zone": "b"}), "row 44* of b overlaps the one of a"),
        (
            zones(ROW | {"until": "2025-02-02"}, ROW | {"from": "2025-02-01", "zone": "b"}),
            "row 44* of b overlaps the one of a",
        ),
        (zones({"zone": "a", "destination": "u0a*"}, **GEO), "'u0a*' is no area"),
        (zones({"zone": "a", "destination": "1,2,3"}, **GEO), "'1,2,3' is no box"),
        (zones({"zone": "a", "destination": "3,2,1,4"}, **GEO), "expected -90 <= south < north"),
        (zones({"zone": "a", "destination": "1,4,3,4"}, **GEO), "expected west and east within"),
        (zones({"zone": "a", "up_to": -1}, **GEO), "expected 0 or more, found -1"),
        ({"zone_units": [{"id": "z", "rows": {"44": "a"}}]}, 'needs an "attribute"'),
        (
            {
                "zone_units": [
                    {"id": "z", "attribute": "called", "default": "a", "rows": {"*": "b"}}
                ]
            },
            'stands beside the row "*"',
        ),
        (
            {"zone_units": [{"id": "z", "attribute": "called", "rows_file": "../x.csv"}]},
            "expected a file of the catalog's folder",
        ),
        (
            {"zone_units": [{"id": "z", "attribute": "called", "rows_file": "none.csv"}]},
            "none.csv:1: error: is not in this folder",
        ),
        (hours({}, time_zone="Mars/Phobos"), '"Mars/Phobos" is no time zone'),
        (hours({}, calendar="none"), 'no holiday calendar "none"'),
        (hours({"holidays": ["ANYHOLIDAY"]}), '"holidays" needs a calendar at the time unit'),
        (hours({"dates": ["02-30"]}), "02-30 is no day of the calendar"),
        (hours({"dates": ["05-01..2025-05-02"]}), "expected both days with a year, or both"),
        (hours({"dates": ["2025-05-02..2025-05-01"]}), "expected a span of at most a year"),
        (hours({"days": ["workday"]}), "does not match"),
        (hours({"hours": ["8-12"]}), "does not match"),
        (hours({"hours": ["ANYTIME"], "from": "08:00"}), 'stands beside "from" or "to"'),
        (hours({"days": ["ANYDAY"], "hours": ["ANYTIME"]}), '"d" is never reached'),
        ({"holiday_calendars": [{"id": "h"}]}, 'expected a "country", or "days" of your own'),
        ({"holiday_calendars": [{"id": "h", "country": "CH"}]}, '"years" is missing'),
        (
            {"holiday_calendars": [{"id": "h", "country": "XX", "years": "2025-2026"}]},
            "Country XX not available",
        ),
        (
            {
                "holiday_calendars": [
                    {"id": "h", "country": "CH", "region": "QQ", "years": "2025-2025"}
                ]
            },
            "does not have subdivision QQ",
        ),
        (
            {"holiday_calendars": [{"id": "h", "country": "CH", "years": "2026-2025"}]},
            "expected 1 to 200 years, found 2026-2025",
        ),
        (
            {"holiday_calendars": [{"id": "h", "days": {"x": ["05-01"]}, "region": "ZH"}]},
            'stands only beside "country"',
        ),
        (period(every=0), "expected at least 1, found 0"),
        (period(unit="decade"), "expected one of day, hour, month, quarter, week, year"),
        (period(anchor={"weekday": "mon"}), "a month is anchored by at, day, month, time"),
        (period(unit="week", anchor={"day": 3}), "a week is anchored by at, time, weekday"),
        (period(anchor={"at": "2025-01-31", "day": 3}), "says the whole anchor"),
        (period(anchor={"day": 32}), "expected at most 31, found 32"),
        (period(time_zone="x"), '"x" is no time zone'),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, sections: dict[str, Any], message: str) -> None:
    assert message in told(tmp_path, sections)


def test_a_holiday_that_is_none_is_told_with_those_there_are(tmp_path: Path) -> None:
    sections = hours({"holidays": ["fasnacht"]}, calendar="ch") | {
        "holiday_calendars": [{"id": "ch", "country": "CH", "years": "2025-2025"}]
    }
    text = told(tmp_path, sections)
    assert 'no holiday "fasnacht"; there are: ANYHOLIDAY,' in text
    assert "new_years_day" in text


FILE = {"zone_units": [{"id": "z", "destination": ["called"], "rows_file": "rows.csv"}]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prefix,zone\n44\n", "rows.csv:2: error: has more or fewer fields than the header"),
        ("prefix,zone\n44,\n", "rows.csv:2: error: expected a zone, found nothing"),
        ("prefix,zone,colour\n44,a,b\n", 'rows.csv:1: error: no column "colour"'),
        ("prefix\n44\n", 'expected a column "zone" and one of "prefix" and "destination"'),
        ("prefix,zone,from\n44,a,soon\n", "rows.csv:2: error: 'soon' is no date"),
        ("prefix,zone,up_to\n44,a,far\n", "rows.csv:2: error: expected a number, found 'far'"),
        ("prefix,zone,up_to\n44,a,5\n", 'row 44*: "up_to" needs "distance" at the unit'),
        ("destination,zone\n4*4,a\n", "'4*4' is no pattern"),
        ("destination,zone,origin\n44*,a,41*\n", 'needs "origin" at the unit'),
        ("prefix,zone\n44,a\n44,b\n", "row 44* of b overlaps the one of a"),
        ("prefix,zone,from,until\n44,a,2025-02-01,2025-01-01\n", "ends before it begins"),
    ],
)
def test_a_mistake_in_a_file_of_rows_is_told(tmp_path: Path, text: str, message: str) -> None:
    assert message in told(tmp_path, FILE, rows=text)


def test_rows_of_a_file_are_rows_of_the_unit(tmp_path: Path) -> None:
    text = "prefix,zone,from,until\n44,uk,,\n4420,london,2025-01-01,\n"
    found = read(tmp_path, FILE, rows=text)
    assert isinstance(found, Catalog)
    first, second = found.zone_units[0].rows
    assert first == ZoneRow("44*", "uk")
    assert (second.destination, second.zone, second.start) == ("4420*", "london", 1735689600000000)


def test_standard_is_another_word_for_origin_and_destination(tmp_path: Path) -> None:
    found = read(tmp_path, zones(ROW, type="standard"))
    assert isinstance(found, Catalog)
    assert found.zone_units[0].type == "origin_destination"


def test_the_words_of_a_billing_period(tmp_path: Path) -> None:
    words = period(unit="year", anchor={"month": 4, "day": 6, "time": "06:00"}, every=2)
    found = read(tmp_path, words)
    assert isinstance(found, Catalog)
    expected = BillingPeriod(id="p", unit="year", every=2, month=4, day=6, minute=360)
    assert found.billing_periods == (expected,)
