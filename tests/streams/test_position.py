"""Positions: geohashes equal the reference's, boxes hold their southern and western edge."""

from decimal import Decimal
from random import Random

import pytest

from streams.position import Box, position_of

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"


@pytest.mark.parametrize(
    ("text", "geohash"),
    [
        ("57.64911,10.40744", "u4pruydqqvj8"),
        ("0,0", "s00000000000"),
        ("-90,-180", "000000000000"),
        ("90,180", "zzzzzzzzzzzz"),
    ],
)
def test_well_known_geohashes(text: str, geohash: str) -> None:
    found = position_of(text)
    assert found is not None
    assert found.geohash == geohash


@pytest.mark.parametrize("text", ["", "47", "47,", "a,b", "91,0", "0,181", "NaN,0", "1,Infinity"])
def test_what_is_no_position(text: str) -> None:
    assert position_of(text) is None


def test_random_positions_lie_in_the_cell_of_their_geohash() -> None:
    rng = Random(1)
    for _ in range(2000):
        latitude = Decimal(rng.randrange(-9_000_000, 9_000_001)) / 100_000
        longitude = Decimal(rng.randrange(-18_000_000, 18_000_001)) / 100_000
        found = position_of(f"{latitude},{longitude}")
        assert found is not None
        assert found.geohash == by_halving(latitude, longitude)


def by_halving(latitude: Decimal, longitude: Decimal) -> str:
    """The definition: halve the longitude, then the latitude, and so on."""
    sides = [[Decimal(-180), Decimal(180), longitude], [Decimal(-90), Decimal(90), latitude]]
    bits = ""
    for turn in range(60):
        low, high, value = sides[turn % 2]
        middle = (low + high) / 2
        upper = value >= middle
        sides[turn % 2][0 if upper else 1] = middle
        bits += "1" if upper else "0"
    return "".join(ALPHABET[int(bits[i : i + 5], 2)] for i in range(0, 60, 5))


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("46,6", True),
        ("45.99999,6", False),
        ("46,5.99999", False),
        ("47.99999,10", True),
        ("48,10", False),
        ("47,11", False),
        ("47,10.99999", True),
    ],
)
def test_edges_of_a_box(text: str, inside: bool) -> None:
    found = position_of(text)
    assert found is not None
    assert Box.of("46,6,48,11").holds(found) is inside


def test_boxes_at_the_pole_and_over_the_meridian() -> None:
    pole, fiji = Box.of("60,-180,90,180"), Box.of("-21,177,-12,-178")
    for text, box, inside in [
        ("90,180", pole, True),
        ("90,0", pole, True),
        ("-18,179", fiji, True),
        ("-18,-179", fiji, True),
        ("-18,-178", fiji, False),
        ("-18,176", fiji, False),
    ]:
        found = position_of(text)
        assert found is not None
        assert box.holds(found) is inside
    assert fiji.size == 45
