"""Zones by longest prefix."""

from random import Random

from streams.model.catalog import ZoneRow, ZoneUnit
from streams.rate.zone_unit import ZoneTable


def table(rows: dict[str, str], default: str = "") -> ZoneTable:
    found = tuple(ZoneRow(prefix, zone) for prefix, zone in rows.items())
    return ZoneTable(ZoneUnit(id="z", attribute="called", rows=found, default=default))


def test_the_longest_prefix_wins() -> None:
    zones = table({"4": "a", "41": "b", "4179": "c"}, "rest")
    found = [zones.zone_of(number) for number in ("", "4", "40", "41", "417", "4179", "41791", "5")]
    assert found == ["rest", "a", "a", "b", "b", "c", "c", "rest"]


def test_without_a_default_there_may_be_no_zone() -> None:
    assert table({"41": "home"}).zone_of("49") == ""


def test_random_numbers_equal_a_search_through_all_rows() -> None:
    rng = Random(3)
    rows = {str(rng.randrange(10 ** rng.randrange(1, 7))): f"z{i % 7}" for i in range(3000)}
    zones = table(rows, "rest")
    for _ in range(5000):
        number = str(rng.randrange(10**9))
        fitting = [prefix for prefix in rows if number.startswith(prefix)]
        expected = rows[max(fitting, key=len)] if fitting else "rest"
        assert zones.zone_of(number) == expected
