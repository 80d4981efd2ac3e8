"""Zones: the most specific row wins, by the documented order; dates, distances, areas."""

from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import pytest

from streams.model.instant import BEGINNING, FOREVER
from streams.model.usage import Usage, UsageRecord
from streams.model.zone_unit import ZoneRow, ZoneUnit
from streams.rate.prefixes import PrefixTable, Way
from streams.rate.zone_unit import ZoneTable

ZURICH, BERN, GENEVA = "47.3769,8.5417", "46.9480,7.4474", "46.2044,6.1432"


def table(rows: dict[str, str], default: str = "") -> ZoneTable:
    found = tuple(ZoneRow(prefix + "*", zone) for prefix, zone in rows.items())
    return ZoneTable(ZoneUnit(id="z", destination=("called",), rows=found, default=default))


def unit(*rows: ZoneRow, **words: Any) -> ZoneTable:
    words = {"origin": ("caller",), "destination": ("called",)} | words
    return ZoneTable(ZoneUnit(id="z", rows=rows, **words))


def record(at: int = 0, units: tuple[Usage, ...] = (), **attributes: str) -> UsageRecord:
    return UsageRecord(b"", "t", "s", "e", 0, 0, 0, "call", "x", "x", at, at, units, attributes)


def geographic(*rows: ZoneRow, **words: Any) -> ZoneTable:
    return unit(*rows, type="geographic", distance="km", **words)


def test_the_longest_prefix_wins() -> None:
    zones = table({"4": "a", "41": "b", "4179": "c"}, "rest")
    found = [
        zones.zone_for(record(called=number))
        for number in ("", "4", "40", "41", "417", "4179", "41791", "5")
    ]
    assert found == ["rest", "a", "a", "b", "b", "c", "c", "rest"]


def test_without_a_default_there_may_be_no_zone() -> None:
    zones = table({"41": "home"})
    assert zones.zone_for(record(called="49")) == ""
    assert zones.why_none(record(called="49")) == "called '49' has no zone in z"


def test_random_numbers_equal_a_search_through_all_rows() -> None:
    rng = Random(3)
    rows = {str(rng.randrange(10 ** rng.randrange(1, 7))): f"z{i % 7}" for i in range(3000)}
    zones = table(rows, "rest")
    for _ in range(5000):
        number = str(rng.randrange(10**9))
        fitting = [prefix for prefix in rows if number.startswith(prefix)]
        expected = rows[max(fitting, key=len)] if fitting else "rest"
        assert zones.zone_for(record(called=number)) == expected


@pytest.mark.parametrize("status", ["INACTIVE", "CLOSED"])
def test_only_an_active_unit_finds_zones(status: Any) -> None:
    rows = (ZoneRow("41*", "home"),)
    zones = ZoneTable(
        ZoneUnit(id="z", destination=("called",), rows=rows, default="rest", status=status)
    )
    assert zones.zone_for(record(called="41")) == ""
    assert zones.why_none(record(called="41")) == f"zone unit z is {status}"


def test_an_exact_value_wins_over_the_prefix_of_all_of_it() -> None:
    zones = unit(ZoneRow("112*", "prefix"), ZoneRow("112", "exact"), ZoneRow("*", "rest"))
    found = [zones.zone_for(record(called=called)) for called in ("112", "1121", "11", "")]
    assert found == ["exact", "prefix", "rest", "rest"]


def test_the_destination_decides_before_the_origin() -> None:
    zones = unit(
        ZoneRow("44*", "by_origin", "41791*"),
        ZoneRow("44123*", "by_destination", "*"),
        ZoneRow("44123*", "both", "4179*"),
    )
    assert zones.zone_for(record(called="44123", caller="41792")) == "both"
    assert zones.zone_for(record(called="44123", caller="33")) == "by_destination"
    assert zones.zone_for(record(called="44123", caller="41791")) == "both"
    assert zones.zone_for(record(called="4412", caller="41791")) == "by_origin"
    assert zones.zone_for(record(called="4412", caller="33")) == ""


def test_a_row_holds_from_its_start_until_before_its_end() -> None:
    zones = unit(ZoneRow("44*", "wide"), ZoneRow("441*", "new", "*", 100, 200))
    found = [zones.zone_for(record(at, called="441")) for at in (99, 100, 199, 200)]
    assert found == ["wide", "new", "new", "wide"]


def test_of_rows_by_other_fields_the_later_start_wins_then_the_listed_order() -> None:
    rows = [
        ZoneRow("4*", "a", destination_field="x"),
        ZoneRow("4*", "b", destination_field="y"),
        ZoneRow("4*", "c", "*", 5, destination_field="w"),
    ]
    assert unit(*rows).zone_for(record(4, x="4", y="4", w="4")) == "a"
    assert unit(*reversed(rows)).zone_for(record(4, x="4", y="4", w="4")) == "b"
    assert unit(*rows).zone_for(record(5, x="4", y="4", w="4")) == "c"
    assert unit(*rows).zone_for(record(5, y="4")) == "b"


def test_distance_bands_include_their_end() -> None:
    zones = geographic(
        ZoneRow("*", "far", up_to=Decimal(50)),
        ZoneRow("*", "near", up_to=Decimal(5)),
        origin=(),
        destination=(),
        default="out",
    )
    found = [
        zones.zone_for(record(km=km)) for km in ("0", "5", "5.001", "50", "50.001", "x", "NaN")
    ]
    assert found == ["near", "near", "far", "far", "out", "out", "out"]
    assert zones.zone_for(record(units=(Usage("km", 5),))) == "near"
    assert zones.zone_for(record()) == "out"


def test_areas_a_geohash_before_a_box_a_small_box_before_a_large_one() -> None:
    zones = geographic(
        ZoneRow("45.8,5.9,47.9,10.5", "switzerland"),
        ZoneRow("46.8,7.3,47.0,7.6", "bern"),
        ZoneRow("u0qj*", "zurich"),
        ZoneRow("*", "world"),
    )
    found = [zones.zone_for(record(called=at)) for at in (ZURICH, BERN, GENEVA, "0,0", "", "91,0")]
    assert found == ["zurich", "bern", "switzerland", "world", "world", "world"]


def test_a_position_may_stand_in_two_attributes() -> None:
    zones = geographic(ZoneRow("u0qj*", "zurich"), destination=("lat", "lon"))
    assert zones.zone_for(record(lat="47.3769", lon="8.5417")) == "zurich"
    assert zones.zone_for(record(lat="47.3769")) == ""


def test_origin_and_destination_area_and_distance_together() -> None:
    zones = geographic(
        ZoneRow("u0qj*", "local", "u0qj*", up_to=Decimal(10)),
        ZoneRow("u0qj*", "to_zurich", up_to=Decimal(200)),
        default="else",
    )
    assert zones.zone_for(record(called=ZURICH, caller=ZURICH, km="10")) == "local"
    assert zones.zone_for(record(called=ZURICH, caller=ZURICH, km="11")) == "to_zurich"
    assert zones.zone_for(record(called=ZURICH, caller=BERN, km="95")) == "to_zurich"
    assert zones.zone_for(record(called=ZURICH, caller=BERN, km="201")) == "else"


@pytest.mark.parametrize(
    ("wins", "loses"),
    [
        ({"destination": "441*"}, {"destination": "44*"}),
        ({"destination": "u0qj*"}, {"destination": "47.3,8.5,47.4,8.6"}),
        ({"destination": "47.3,8.5,47.4,8.6"}, {"destination": "47,8,48,9"}),
        ({"up_to": Decimal(5)}, {"up_to": Decimal(50)}),
        ({"up_to": Decimal(50)}, {}),
        ({"start": 5}, {"start": 4}),
    ],
    ids=lambda words: " ".join(f"{word} {value}" for word, value in words.items()) or "open",
)
@pytest.mark.parametrize("fields", [("called", "called"), ("called", "dialled")])
def test_rows_of_one_field_and_of_two_are_ranked_alike(
    wins: dict[str, Any], loses: dict[str, Any], fields: tuple[str, str]
) -> None:
    area = "destination" in wins and not wins["destination"].startswith("44")
    for words in ([wins, loses], [loses, wins]):
        rows = [
            ZoneRow(**{"destination": "*", "zone": str(each), "destination_field": field} | each)
            for each, field in zip(words, fields, strict=True)
        ]
        zones = geographic(*rows) if area else unit(*rows, distance="km")
        value = ZURICH if area else "4412"
        asked = record(9, called=value, dialled=value, km="3")
        assert zones.zone_for(asked) == str(wins)


BOXES = ("47.3,8.5,47.4,8.6", "47.35,8.45,47.45,8.55")
"""Two of one size, in the order of their texts; Zurich lies in both."""


@pytest.mark.parametrize(
    ("wins", "loses"),
    [
        ({"origin": "46.8,7.3,47.0,7.6"}, {"up_to": Decimal(5), "start": 5}),
        ({"origin": "u0m*"}, {"origin": "46.8,7.3,47.0,7.6"}),
        ({"up_to": Decimal(5)}, {"start": 5}),
        ({"start": 5}, {"start": 4}),
        ({"destination": ""}, {"destination": ""}),
    ],
    ids=["origin", "nearer origin", "up_to", "start", "listed first"],
)
@pytest.mark.parametrize("boxes", [BOXES, BOXES[::-1]])
def test_boxes_of_one_size_are_equally_specific(
    wins: dict[str, Any], loses: dict[str, Any], boxes: tuple[str, str]
) -> None:
    rows = [
        ZoneRow(**{"zone": zone} | words | {"destination": box})
        for zone, words, box in zip(("wins", "loses"), (wins, loses), boxes, strict=True)
    ]
    for listed in (rows, rows[::-1]) if wins != loses else (rows,):
        asked = record(9, called=ZURICH, caller=BERN, km="3")
        assert geographic(*listed).zone_for(asked) == "wins"


def test_origins_in_boxes_of_one_size_are_equally_specific() -> None:
    rows = [
        ZoneRow("*", zone, box, up_to=Decimal(km))
        for zone, box, km in zip(("far", "near"), BOXES, (50, 5), strict=True)
    ]
    for listed in (rows, rows[::-1]):
        zones = geographic(*listed)
        found = [zones.zone_for(record(caller=ZURICH, km=km)) for km in ("5", "6", "51")]
        assert found == ["near", "far", ""]


def test_rows_of_one_box_are_ranked_among_each_other() -> None:
    box = "47.3,8.5,47.4,8.6"
    zones = geographic(
        ZoneRow(box, "far", up_to=Decimal(50)), ZoneRow(box, "near", up_to=Decimal(5))
    )
    found = [zones.zone_for(record(called=ZURICH, km=km)) for km in ("5", "6", "51")]
    assert found == ["near", "far", ""]


@pytest.mark.parametrize(
    ("row", "words", "attributes"),
    [
        (ZoneRow("44*", "z", "41*"), {}, {"caller": "41"}),
        (ZoneRow("44*", "z", up_to=Decimal(5)), {"distance": "km"}, {"km": "5"}),
        (ZoneRow("44*", "z", destination_field="via"), {}, {"via": "44"}),
        (ZoneRow("44,33*", "z"), {"destination": ("called", "via")}, {"via": "33"}),
    ],
    ids=["origin", "distance", "another field", "two fields"],
)
def test_a_row_that_asks_for_one_thing_more_does_not_fit_without_it(
    row: ZoneRow, words: dict[str, Any], attributes: dict[str, str]
) -> None:
    called = "" if row.destination_field else "44"
    zones = unit(row, **words)
    assert zones.zone_for(record(called=called, **attributes)) == "z"
    assert zones.zone_for(record(called="44")) == ""


def test_a_record_without_a_zone_is_told_with_its_distance() -> None:
    zones = geographic(ZoneRow("*", "near", up_to=Decimal(5)), origin=())
    assert zones.why_none(record(called="", km="6")) == "called '', distance 6 has no zone in z"


def fits(row: ZoneRow, asked: UsageRecord) -> bool:
    for pattern, value in (
        (row.destination, asked.attributes["called"]),
        (row.origin, asked.attributes["caller"]),
    ):
        if not (value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern):
            return False
    return row.start <= asked.occurred_at < row.end


def rank(row: ZoneRow) -> tuple[tuple[bool, int], ...]:
    return tuple((not p.endswith("*"), len(p)) for p in (row.destination, row.origin))


def test_random_pairs_equal_a_search_through_all_rows() -> None:
    rng = Random(5)

    def pattern() -> str:
        digits = "".join(rng.choices("12", k=rng.randrange(4)))
        return digits if digits and rng.random() < 0.3 else digits + "*"

    places = count()
    rows = {}
    for _ in range(200):
        start, end = rng.choice([(BEGINNING, FOREVER), (3, FOREVER), (BEGINNING, 6)])
        found = ZoneRow(pattern(), f"z{next(places)}", pattern(), start, end)
        rows[found.destination, found.origin] = found
    zones = unit(*rows.values())
    for _ in range(5000):
        called, caller = ("".join(rng.choices("12", k=rng.randrange(5))) for _ in range(2))
        asked = record(rng.randrange(10), called=called, caller=caller)
        fitting = [row for row in rows.values() if fits(row, asked)]
        expected = max(fitting, key=rank).zone if fitting else ""
        assert zones.zone_for(asked) == expected


def test_a_large_deck_is_searched_by_length_not_by_row() -> None:
    """What a look-up costs is bounded by the lengths that prefixes have, however many they are."""
    rng = Random(9)
    rows = {str(rng.randrange(10 ** rng.randrange(1, 9))): f"z{i % 50}" for i in range(50_000)}
    prefixes = PrefixTable(
        [(prefix, Way(BEGINNING, FOREVER, zone)) for prefix, zone in rows.items()], [], "rest"
    )
    assert prefixes.comparisons <= 12
    zone_of = prefixes.finder("called")
    for _ in range(5000):
        number = str(rng.randrange(10**9))
        fitting = [number[:size] for size in range(10, 0, -1) if number[:size] in rows]
        assert zone_of(record(called=number)) == (rows[fitting[0]] if fitting else "rest")
